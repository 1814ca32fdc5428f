// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

/** Source of the weight of a query's word piece. */
public enum IdfMode {
    /** The model's query table. */
    MODEL,
    /** ln(1 + (N - df + .5) / (df + .5)) over the shard's own documents. */
    CORPUS,
    /** Half of each: better on vocabulary that the model's table has not seen. */
    BLEND;

    static IdfMode of(String name) {
        return Choice.of(values(), "idf", name);
    }

    /** @return the weight; above 0 when {@code table} is */
    double weight(double table, double corpus) {
        return switch (this) {
            case MODEL -> table;
            case CORPUS -> corpus;
            case BLEND -> (table + corpus) / 2;
        };
    }

    @Override
    public String toString() {
        return Choice.nameOf(this);
    }
}
