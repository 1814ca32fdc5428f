// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.model;

import org.lexpand.opensearch.wordpiece.WordPieceTokenizer;

/**
 * What a query needs of a model: how text is cut, and what each piece weighs. The encoder itself stays outside.
 *
 * @param name folder under config/lexpand, or the bundled model's name
 */
public record Model(String name, WordPieceTokenizer tokenizer, QueryTable table) {}
