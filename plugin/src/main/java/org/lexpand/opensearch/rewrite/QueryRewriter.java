// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.rewrite;

import org.lexpand.opensearch.query.LexpandQueryBuilder;
import org.lexpand.opensearch.query.QueryParameters;
import org.lexpand.opensearch.query.QueryResources;
import org.opensearch.common.regex.Regex;
import org.opensearch.index.query.BoolQueryBuilder;
import org.opensearch.index.query.BoostingQueryBuilder;
import org.opensearch.index.query.DisMaxQueryBuilder;
import org.opensearch.index.query.MatchQueryBuilder;
import org.opensearch.index.query.MultiMatchQueryBuilder;
import org.opensearch.index.query.Operator;
import org.opensearch.index.query.QueryBuilder;
import org.opensearch.index.query.functionscore.FunctionScoreQueryBuilder;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Puts a {@code lexpand} query beside {@code match} and {@code multi_match} queries on configured fields.
 *
 * <p>It rewrites queries that count for the score: at the top, in {@code must} and {@code should} of {@code bool}, in
 * {@code dis_max}, {@code function_score} and the positive side of {@code boosting}. It leaves alone filters,
 * {@code must_not} and {@code constant_score} (they only decide), {@code nested} (the vector belongs to the whole document),
 * phrases and prefixes (they mean exactly that), and texts so long that the clauses could exceed the engine's limit: a
 * valid request stays valid.
 *
 * <p>Either query finds a document. Where the text query requires all its words ({@code operator: and}) or for a number
 * of them ({@code minimum_should_match}), and where the order is not by score, the text query alone still decides which
 * documents are found, and the sparse field only adds to the score.
 */
public final class QueryRewriter {

    /** Name that keeps a query, and what it contains, as it is. */
    public static final String OFF = "lexpand:off";

    /**
     * @param sparseField the {@code rank_features} field to search
     * @param weight factor of its score
     */
    record Target(String sparseField, float weight) {}

    private final Map<String, Target> targets;
    private final float textWeight;
    private final QueryResources resources;

    /**
     * @param targets targets by text field
     * @param textWeight factor of the text query's score
     */
    QueryRewriter(Map<String, Target> targets, float textWeight, QueryResources resources) {
        this.targets = new LinkedHashMap<>(targets);
        this.textWeight = textWeight;
        this.resources = resources;
    }

    Map<String, Target> targets() {
        return Map.copyOf(targets);
    }

    float textWeight() {
        return textWeight;
    }

    /**
     * @param query is changed; it belongs to the search pipeline's copy of the request
     * @param ranked whether the hits are ordered by score; if not, no further document is found
     * @return the query to run: the same object where nothing was rewritten at its top
     */
    QueryBuilder rewrite(QueryBuilder query, boolean ranked) {
        return new Pass(ClauseBudget.of(query), ranked).rewrite(query);
    }

    /** One request. */
    private final class Pass {

        private final ClauseBudget budget;
        private final boolean ranked;

        Pass(ClauseBudget budget, boolean ranked) {
            this.budget = budget;
            this.ranked = ranked;
        }

        QueryBuilder rewrite(QueryBuilder query) {
            if (query == null || OFF.equals(query.queryName())) return query;
            return switch (query) {
                case MatchQueryBuilder match -> match(match);
                case MultiMatchQueryBuilder match -> multiMatch(match);
                case BoolQueryBuilder bool -> {
                    bool.must().replaceAll(this::rewrite);
                    bool.should().replaceAll(this::rewrite);
                    yield bool;
                }
                case DisMaxQueryBuilder disMax -> {
                    disMax.innerQueries().replaceAll(this::rewrite);
                    yield disMax;
                }
                case FunctionScoreQueryBuilder score -> functionScore(score);
                case BoostingQueryBuilder boosting -> boosting(boosting);
                default -> query;
            };
        }

        private QueryBuilder match(MatchQueryBuilder match) {
            Target target = targets.get(match.fieldName());
            if (target == null || !(match.value() instanceof String text)) return match;
            boolean decides = !ranked || match.operator() == Operator.AND || match.minimumShouldMatch() != null;
            return beside(match, text, Map.of(target.sparseField(), target.weight()), decides);
        }

        private QueryBuilder multiMatch(MultiMatchQueryBuilder match) {
            boolean isBagOfWords = switch (match.type()) {
                case BEST_FIELDS, MOST_FIELDS, CROSS_FIELDS -> true;
                case PHRASE, PHRASE_PREFIX, BOOL_PREFIX -> false;
            };
            if (!isBagOfWords || !(match.value() instanceof String text)) return match;
            Map<String, Float> weights = new LinkedHashMap<>();
            targets.forEach((field, target) -> {
                if (match.fields().keySet().stream().anyMatch(pattern -> Regex.simpleMatch(pattern, field))) {
                    weights.merge(target.sparseField(), target.weight(), Math::max);
                }
            });
            if (weights.isEmpty()) return match;
            boolean decides = !ranked || match.operator() == Operator.AND || match.minimumShouldMatch() != null;
            return beside(match, text, weights, decides);
        }

        private QueryBuilder beside(QueryBuilder text, String words, Map<String, Float> weights, boolean decides) {
            if (words.isBlank() || words.length() > QueryParameters.LONGEST_TEXT) return text;
            // Boosts of the sparse side are at most 1, since Lucene refuses token weights above 64; what they lack goes
            // around both, with the boost of the text query.
            float heaviest = Math.max(1, Collections.max(weights.values()));
            if (!Float.isFinite(text.boost() * heaviest) || !budget.take(words, weights.size())) return text;
            BoolQueryBuilder both = new BoolQueryBuilder().boost(text.boost() * heaviest);
            text.boost(textWeight / heaviest);
            if (decides) both.must(text);
            else both.should(text);
            weights.forEach((field, weight) -> both.should(sparse(field, words, weight / heaviest)));
            return decides ? both : both.minimumShouldMatch(1);
        }

        private QueryBuilder functionScore(FunctionScoreQueryBuilder score) {
            QueryBuilder inner = rewrite(score.query());
            if (inner == score.query()) return score;
            FunctionScoreQueryBuilder copy = new FunctionScoreQueryBuilder(inner, score.filterFunctionBuilders());
            copy.scoreMode(score.scoreMode()).maxBoost(score.maxBoost()).boost(score.boost()).queryName(score.queryName());
            if (score.boostMode() != null) copy.boostMode(score.boostMode());
            if (score.getMinScore() != null) copy.setMinScore(score.getMinScore());
            return copy;
        }

        private QueryBuilder boosting(BoostingQueryBuilder boosting) {
            QueryBuilder positive = rewrite(boosting.positiveQuery());
            if (positive == boosting.positiveQuery()) return boosting;
            return new BoostingQueryBuilder(positive, boosting.negativeQuery()).negativeBoost(boosting.negativeBoost())
                .boost(boosting.boost())
                .queryName(boosting.queryName());
        }
    }

    /** An index of the request that Lexpand did not set up, or that fits no model of this node, answers as before. */
    private QueryBuilder sparse(String field, String text, float weight) {
        return new LexpandQueryBuilder(new QueryParameters(field, text).withBoost(weight).withIgnoreUnmapped(true), resources);
    }
}
