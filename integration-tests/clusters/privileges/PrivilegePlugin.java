package privileges;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.OpenSearchSecurityException;
import org.opensearch.action.ActionRequest;
import org.opensearch.action.IndicesRequest;
import org.opensearch.action.admin.indices.alias.IndicesAliasesRequest;
import org.opensearch.action.admin.indices.alias.IndicesAliasesRequest.AliasActions;
import org.opensearch.action.admin.indices.create.CreateIndexRequest;
import org.opensearch.action.admin.indices.mapping.put.PutMappingRequest;
import org.opensearch.action.bulk.BulkItemRequest;
import org.opensearch.action.bulk.BulkShardRequest;
import org.opensearch.action.search.DeletePitRequest;
import org.opensearch.action.search.SearchRequest;
import org.opensearch.action.support.ActionFilter;
import org.opensearch.action.support.IndicesOptions;
import org.opensearch.cluster.metadata.IndexNameExpressionResolver;
import org.opensearch.cluster.service.ClusterService;
import org.opensearch.common.regex.Regex;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.util.concurrent.ThreadContext;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.io.stream.NamedWriteableRegistry;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.core.xcontent.NamedXContentRegistry;
import org.opensearch.env.Environment;
import org.opensearch.env.NodeEnvironment;
import org.opensearch.plugins.ActionPlugin;
import org.opensearch.plugins.Plugin;
import org.opensearch.repositories.RepositoriesService;
import org.opensearch.rest.BytesRestResponse;
import org.opensearch.rest.RestHandler;
import org.opensearch.rest.RestHeaderDefinition;
import org.opensearch.script.ScriptService;
import org.opensearch.threadpool.ThreadPool;
import org.opensearch.transport.client.Client;
import org.opensearch.watcher.ResourceWatcherService;

/**
 * Test fixture: users with the privileges of config/privileges.properties, judged action by action as the security plugin
 * does it, which is not published as an artifact. The file is read anew when it changes; without it everything is allowed.
 *
 * Lines: NAME=PASSWORD, NAME.cluster=ACTION,..., NAME.index.PATTERN=ACTION,...; actions may hold *.
 */
public class PrivilegePlugin extends Plugin implements ActionPlugin {
  private static final Logger LOG = LogManager.getLogger(PrivilegePlugin.class);

  /** Privileges on the cluster although their names begin with indices:, as in the security plugin's isClusterPerm. */
  private static final Set<String> CLUSTER_ACTIONS = Set.of(
      "indices:data/write/bulk", "indices:data/read/mget", "indices:data/read/mtv", "indices:data/write/reindex");
  private static final List<String> CLUSTER_PREFIXES = List.of(
      "cluster:", "indices:admin/template/", "indices:admin/index_template/", "indices:data/read/msearch",
      "indices:data/read/scroll");

  private final Path file;
  private ThreadContext context;
  private ClusterService cluster;
  private IndexNameExpressionResolver names;
  private Properties users;
  private long readAt = -1;

  public PrivilegePlugin(Settings settings, Path configPath) {
    file = configPath.resolve("privileges.properties");
  }

  @Override
  public Collection<Object> createComponents(
      Client client, ClusterService clusterService, ThreadPool threadPool, ResourceWatcherService watcher,
      ScriptService scripts, NamedXContentRegistry xContent, Environment environment, NodeEnvironment nodeEnvironment,
      NamedWriteableRegistry writeables, IndexNameExpressionResolver resolver,
      Supplier<RepositoriesService> repositories) {
    context = threadPool.getThreadContext();
    cluster = clusterService;
    names = resolver;
    return List.of();
  }

  @Override
  public Collection<RestHeaderDefinition> getRestHeaders() {
    return List.of(new RestHeaderDefinition("Authorization", false));
  }

  @Override
  public UnaryOperator<RestHandler> getRestHandlerWrapper(ThreadContext headers) {
    return next -> (request, channel, client) -> {
      Properties known = users();
      if (known == null || user(known, headers) != null) {
        next.handleRequest(request, channel, client);
        return;
      }
      BytesRestResponse refused = new BytesRestResponse(RestStatus.UNAUTHORIZED, "text/plain", "Unauthorized");
      refused.addHeader("WWW-Authenticate", "Basic realm=\"test\"");
      channel.sendResponse(refused);
    };
  }

  @Override
  public List<ActionFilter> getActionFilters() {
    return List.of(new ActionFilter.Simple() {
      @Override
      public int order() {
        return Integer.MIN_VALUE;
      }

      @Override
      protected boolean apply(String action, ActionRequest request, ActionListener<?> listener) {
        Properties known = users();
        // Without a header the node itself asks, for example to move a shard.
        if (known == null || context == null || context.getHeader("Authorization") == null) return true;
        String user = user(known, context);
        String missing = missing(known, user, action, request);
        if (missing == null) return true;
        String reason = "no permissions for [" + missing + "] and User [name=" + user + ", backend_roles=[], requestedTenant=null]";
        listener.onFailure(new OpenSearchSecurityException(reason, RestStatus.FORBIDDEN));
        return false;
      }
    });
  }

  /** The first privilege that the user lacks; null when there is none. */
  private String missing(Properties known, String user, String action, ActionRequest request) {
    String name = switch (action) {
      case "indices:admin/auto_create" -> "indices:admin/create";
      case "indices:admin/mapping/auto_put" -> "indices:admin/mapping/put";
      default -> action;
    };
    if (!name.startsWith("indices:") || CLUSTER_ACTIONS.contains(name) || CLUSTER_PREFIXES.stream().anyMatch(name::startsWith)) {
      LOG.info("ASKED {} cluster {}", user, name);
      return matches(known.getProperty(user + ".cluster", ""), name) ? null : name;
    }
    Set<String> needed = new LinkedHashSet<>(List.of(name));
    if (request instanceof BulkShardRequest bulk) {
      for (BulkItemRequest item : bulk.items()) needed.add(switch (item.request().opType()) {
        case DELETE -> "indices:data/write/delete";
        case UPDATE -> "indices:data/write/update";
        default -> "indices:data/write/index";
      });
    }
    if (request instanceof CreateIndexRequest create && !create.aliases().isEmpty()) needed.add("indices:admin/aliases");
    Set<String> indices = indicesOf(request);
    for (String index : indices) for (String need : needed) LOG.info("ASKED {} index {} {}", user, index, need);
    for (String index : indices) for (String need : needed) if (!isGranted(known, user, index, need)) return need;
    return null;
  }

  /** Concrete indices, and names that lead to none as they are. A point in time holds its indices inside its id: any will do. */
  private Set<String> indicesOf(ActionRequest request) {
    if (request instanceof DeletePitRequest || request instanceof SearchRequest search && search.pointInTimeBuilder() != null) {
      return Set.of("?");
    }
    Set<String> indices = new LinkedHashSet<>();
    if (request instanceof IndicesAliasesRequest aliases) {
      for (AliasActions one : aliases.getAliasActions()) resolve(one.indices(), indices);
    } else if (request instanceof PutMappingRequest put && put.getConcreteIndex() != null) {
      indices.add(put.getConcreteIndex().getName());
    } else if (request instanceof IndicesRequest asked) {
      resolve(asked.indices(), indices);
    }
    return indices;
  }

  private void resolve(String[] asked, Set<String> indices) {
    for (String expression : asked == null || asked.length == 0 ? new String[] {"*"} : asked) {
      String[] found = names.concreteIndexNames(cluster.state(), IndicesOptions.lenientExpandHidden(), true, expression);
      if (found.length == 0) indices.add(expression);
      else indices.addAll(List.of(found));
    }
  }

  private static boolean isGranted(Properties known, String user, String index, String need) {
    String prefix = user + ".index.";
    return known.stringPropertyNames().stream().anyMatch(key -> key.startsWith(prefix)
        && ("?".equals(index) || Regex.simpleMatch(key.substring(prefix.length()), index))
        && matches(known.getProperty(key), need));
  }

  private static boolean matches(String patterns, String action) {
    for (String pattern : patterns.split(",")) if (Regex.simpleMatch(pattern.trim(), action)) return true;
    return false;
  }

  private static String user(Properties known, ThreadContext headers) {
    String header = headers.getHeader("Authorization");
    if (header == null || !header.startsWith("Basic ")) return null;
    String login = new String(Base64.getDecoder().decode(header.substring(6)), StandardCharsets.UTF_8);
    String[] parts = login.split(":", 2);
    return parts.length == 2 && parts[1].equals(known.getProperty(parts[0])) ? parts[0] : null;
  }

  private synchronized Properties users() {
    if (!Files.exists(file)) return null;
    try {
      long changedAt = Files.getLastModifiedTime(file).toMillis();
      if (changedAt != readAt) {
        Properties read = new Properties();
        try (var in = Files.newBufferedReader(file)) {
          read.load(in);
        }
        users = read;
        readAt = changedAt;
      }
    } catch (IOException error) {
      LOG.warn("privileges cannot be read", error);
    }
    return users;
  }
}
