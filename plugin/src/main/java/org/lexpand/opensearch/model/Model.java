// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.model;

import org.lexpand.opensearch.wordpiece.WordPieceTokenizer;

/**
 * The parts of a model that a query needs: the tokenizer and the weight of each piece. The encoder stays outside the
 * engine.
 *
 * @param name folder under config/lexpand, or the bundled model's name
 */
public record Model(String name, WordPieceTokenizer tokenizer, QueryTable table) {}
