# Help pages of unpacked R packages as JSON lines: Rscript r_help.R LIBRARY... > pages.jsonl
quoted <- function(x) paste0('"', gsub('[\\x00-\\x1f]+', ' ', gsub('"', '\\\\"', gsub('\\\\', '\\\\\\\\', x)), perl = TRUE), '"')
section <- function(page, tag) {
  found <- Filter(function(part) identical(attr(part, "Rd_tag"), tag), page)
  text <- paste(unlist(lapply(found, function(part) paste(unlist(part), collapse = ""))), collapse = " ")
  gsub("\\s+", " ", text)
}
for (base in commandArgs(TRUE)) {
  database <- tryCatch(tools:::fetchRdDB(file.path(base, "help", basename(base))), error = function(e) list())
  for (page in database) {
    parts <- vapply(c("\\title", "\\description", "\\details", "\\value", "\\note"), function(tag) section(page, tag), "")
    name <- section(page, "\\name")
    cat("{", paste(quoted(c("package", "name", "title", "description", "details", "value", "note")), quoted(enc2utf8(c(basename(base), name, parts))), sep = ":", collapse = ","), "}\n", sep = "")
  }
}
