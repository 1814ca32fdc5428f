/**
 * The walk of {@link textPieces} (mappings/text/document-text.ts) in Painless: change both or neither. The function
 * goes to the head of a script: `collect(source, path, 0, maxNesting, pieces)` adds the strings of one field to
 * `pieces` and returns the type of the first value that is not text, or null.
 */
export const COLLECT_PIECES = `
String collect(def node, String path, int depth, int max, List pieces) {
  if (depth > max) return 'array';
  if (node instanceof List) {
    for (def item : node) {
      String type = collect(item, path, depth + 1, max, pieces);
      if (type != null) return type;
    }
    return null;
  }
  if (path == null) {
    if (node == null) return null;
    if (node instanceof String) { pieces.add(node); return null; }
    if (node instanceof Map) return 'object';
    return node instanceof Boolean ? 'boolean' : 'number';
  }
  if (!(node instanceof Map)) return null;
  if (node.containsKey(path)) {
    String type = collect(node.get(path), null, depth + 1, max, pieces);
    if (type != null) return type;
  }
  for (int dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
    String head = path.substring(0, dot);
    if (node.containsKey(head)) {
      String type = collect(node.get(head), path.substring(dot + 1), depth + 1, max, pieces);
      if (type != null) return type;
    }
  }
  return null;
}
`
