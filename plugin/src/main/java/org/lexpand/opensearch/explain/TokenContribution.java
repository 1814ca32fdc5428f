// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.explain;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Why a document matched: one word piece of the query that its vector holds. The same keys and values as in
 * sparse/query/explain.ts, in single precision.
 *
 * @param queryWeight weight in the query: the table's, or mixed with the inverse document frequency, times the boost
 * @param documentWeight weight in the document as the index has it, nine significant bits
 * @param contribution their product; the contributions of a hit add up to what the sparse field gave to its score
 * @param expansion whether the piece stands nowhere in the document's text: the encoder added it
 */
record TokenContribution(String token, float queryWeight, float documentWeight, float contribution, boolean expansion) {

    Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("token", token);
        map.put("queryWeight", queryWeight);
        map.put("documentWeight", documentWeight);
        map.put("contribution", contribution);
        map.put("expansion", expansion);
        return map;
    }
}
