// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.model;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The models of this node: the bundled one and the folders under config/lexpand. Read once, when the node starts; a
 * folder that cannot be read does not prevent the start; a query that names it gets the reason. Immutable.
 */
public final class Models {
    private static final Logger LOGGER = LogManager.getLogger(Models.class);
    private static final String FOLDER = "lexpand";
    /** A model takes about 10 MB of heap. */
    private static final int MOST = 16;

    private final Model bundled;
    private final Map<String, Model> byName;
    private final Map<String, String> unreadable;

    private Models(Model bundled, Map<String, Model> byName, Map<String, String> unreadable) {
        this.bundled = bundled;
        this.byName = Collections.unmodifiableMap(byName);
        this.unreadable = Collections.unmodifiableMap(unreadable);
    }

    /** @param configuration the node's configuration folder, null for the bundled model alone */
    public static Models load(Path configuration) {
        Model bundled = ModelFiles.bundled();
        Map<String, Model> byName = new LinkedHashMap<>();
        Map<String, String> unreadable = new TreeMap<>();
        byName.put(bundled.name(), bundled);
        for (Path folder : folders(configuration)) {
            String name = folder.getFileName().toString();
            try {
                if (byName.size() > MOST) throw new IllegalArgumentException("[lexpand] expected at most " + MOST + " models, got more. Remove some.");
                byName.put(name, ModelFiles.read(folder));
                LOGGER.info("model [{}] read from [{}]", name, folder);
            } catch (IOException | RuntimeException problem) {
                LOGGER.warn("model [{}] cannot be used", folder, problem);
                unreadable.put(name, problem.getClass().getSimpleName() + ": " + problem.getMessage());
            }
        }
        return new Models(bundled, byName, unreadable);
    }

    /** The model inside the plugin. */
    public Model bundled() {
        return bundled;
    }

    /** @throws IllegalArgumentException with the names of all models */
    public Model named(String name) {
        Model model = byName.get(name);
        if (model != null) return model;
        throw new IllegalArgumentException(
            "[lexpand] expected a model of this node " + byName.keySet() + ", got [" + name + "]. " + advice(name)
        );
    }

    /**
     * The model whose pieces and weights an index was made for.
     *
     * @throws IllegalArgumentException with the hashes of the index and of each model of this node
     */
    public Model fitting(IndexModel wanted) {
        for (Model model : byName.values()) {
            if (fits(model, wanted)) return model;
        }
        List<String> hashes = new ArrayList<>();
        byName.forEach((name, model) -> {
            boolean sameVocabulary = model.tokenizer().vocabularyHash().equals(wanted.vocabularyHash());
            hashes.add(
                name + (sameVocabulary
                    ? " with the same vocabulary and query table " + model.table().hash()
                    : " with vocabulary " + model.tokenizer().vocabularyHash() + " and query table " + model.table().hash())
            );
        });
        throw new IllegalArgumentException(
            "[lexpand] expected the query table "
                + wanted.queryTableHash()
                + " and the vocabulary "
                + wanted.vocabularyHash()
                + " (model "
                + wanted.name()
                + " "
                + wanted.version()
                + ", fingerprint "
                + wanted.fingerprint()
                + "), got "
                + String.join(", ", hashes)
                + ". "
                + advice(wanted.name())
        );
    }

    private String advice(String name) {
        String reason = unreadable.get(name);
        if (reason != null) return "The folder config/lexpand/" + name + " cannot be used (" + reason + "). Correct it and restart the node.";
        return "Copy the model's tokenizer.json and query-table.json to config/lexpand/" + name + " on every node and restart it, or reindex with a model that is there.";
    }

    private static boolean fits(Model model, IndexModel wanted) {
        return model.table().hash().equals(wanted.queryTableHash()) && model.tokenizer().vocabularyHash().equals(wanted.vocabularyHash());
    }

    private static List<Path> folders(Path configuration) {
        if (configuration == null || !Files.isDirectory(configuration.resolve(FOLDER))) return List.of();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(configuration.resolve(FOLDER), Files::isDirectory)) {
            List<Path> folders = new ArrayList<>();
            entries.forEach(folders::add);
            Collections.sort(folders);
            return folders;
        } catch (IOException closed) {
            LOGGER.warn("no model of [{}] can be used", configuration.resolve(FOLDER), closed);
            return List.of();
        }
    }
}
