// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.explain;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One word piece of the query that the document's vector holds: a reason why the document matched. The same keys and
 * values as in sparse/query/explain.ts, in single precision.
 *
 * @param queryWeight weight in the query: the table's, or mixed with the inverse document frequency, times the boost
 * @param documentWeight weight in the document as the index has it, nine significant bits
 * @param contribution their product; the contributions of a hit add up to the sparse field's share of its score
 * @param expansion whether the piece occurs nowhere in the document's text: the encoder added it
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
