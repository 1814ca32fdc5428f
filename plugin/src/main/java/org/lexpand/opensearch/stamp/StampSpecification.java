// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.stamp;

import java.util.List;
import java.util.Map;

/**
 * The part of an index's specification that the stamp needs, from that in its mapping, {@code _meta.lexpand}
 * (mappings/specification.ts).
 *
 * @param fields paths of the text fields, in the order in which their texts are joined
 * @param sparseField top-level name of the {@code rank_features} field
 * @param fingerprint fingerprint of the vectors in the index
 */
public record StampSpecification(List<String> fields, String sparseField, String fingerprint) {

    /** Name of the object that Lexpand keeps beside a document's own fields, and of its part of {@code _meta}. */
    public static final String SIDECAR = "lexpand";
    private static final int VERSION = 1;

    public StampSpecification {
        fields = List.copyOf(fields);
    }

    /**
     * @param meta the mapping's {@code _meta}, may be null
     * @return null for an index that Lexpand did not set up, and for a damaged specification or one of another version,
     *   whose vectors this version could misjudge: its writes are not changed
     */
    public static StampSpecification of(Map<String, Object> meta) {
        if (meta == null || !(meta.get(SIDECAR) instanceof Map<?, ?> own)) return null;
        if (!(own.get("version") instanceof Number version) || version.intValue() != VERSION) return null;
        if (!(own.get("fields") instanceof List<?> names) || names.isEmpty()) return null;
        if (!(own.get("sparse_field") instanceof String sparseField)) return null;
        if (!(own.get("fingerprint") instanceof String fingerprint)) return null;
        if (!names.stream().allMatch(String.class::isInstance)) return null;
        return new StampSpecification(names.stream().map(String.class::cast).toList(), sparseField, fingerprint);
    }

    /** Whether the stamp reads a top-level field, the vector excepted. */
    boolean isRead(String name) {
        if (name.equals(SIDECAR)) return true;
        for (String field : fields) {
            if (field.startsWith(name) && (field.length() == name.length() || field.charAt(name.length()) == '.')) return true;
        }
        return false;
    }
}
