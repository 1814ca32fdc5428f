"""Text to token store: documents, natural queries, crops and keyword queries, and the held-out tenth."""

from __future__ import annotations

import ast
import gzip
import hashlib
import json
import lzma
import random
import re
import sysconfig
import textwrap
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from ..settings import Corpus
from .store import Ragged, TokenStore

MAX_PIECES = 510
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9'-]*")
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'])")


def read_lines(path: Path):
    opener = {".xz": lzma.open, ".gz": gzip.open}.get(path.suffix, open)
    with opener(path, "rt", encoding="utf-8") as f:
        yield from f


def digest(text: str) -> int:
    """A stable 64-bit hash: decides the held-out tenth and every per-text coin."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


class Collection:
    """Gathers distinct texts and queries before they are tokenised."""

    def __init__(self, seed: int, title_drop: float):
        self.random = random.Random(seed)
        self.title_drop = title_drop
        self.docs: list[tuple[str, str]] = []  # (source, full text)
        self.titles: list[str] = []  # of every document: what its text begins with, or nothing
        self.roots: dict[tuple[str, str], list[int]] = defaultdict(list)
        self.seen: dict[int, int] = {}
        self.queries: list[tuple[str, str, int, int]] = []  # (source, text, kind, positive)

    def document(self, source: str, title: str, text: str) -> int:
        """Adds a text once. A share of the titles is left out: titles repeat the query of heading pairs."""
        key = digest(text)
        if key not in self.seen:
            self.seen[key] = len(self.docs)
            drop = (key >> 8) % 1000 < 1000 * self.title_drop
            self.roots[(source, title.split(" - ")[0].split(": ")[0])].append(len(self.docs))
            self.add(source, "" if drop else title.strip(), text)
        return self.seen[key]

    def add(self, source: str, title: str, text: str) -> None:
        self.docs.append((source, f"{title} {text}".strip()))
        self.titles.append(title)

    def query(self, source: str, text: str, kind: str, positive: int = -1) -> None:
        text = " ".join(text.split())
        if len(text) > 2:
            self.queries.append((source, text, TokenStore.KINDS.index(kind), positive))


def held_out(text: str) -> bool:
    return digest(text) % 10 == 0


def python_functions():
    """(docstring's first line, source) of functions in the standard library and the pinned packages."""
    for name in ("stdlib", "purelib"):
        for path in sorted(Path(sysconfig.get_paths()[name]).rglob("*.py")):
            inside = str(path)
            if "test" in inside or (name == "stdlib" and "site-packages" in inside) or "vendor" in inside:
                continue
            try:
                source = path.read_text(encoding="utf-8")
                tree, lines = ast.parse(source), source.split("\n")
            except (SyntaxError, UnicodeDecodeError, ValueError, RecursionError):
                continue
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("__"):
                    doc = ast.get_docstring(node)
                    body = textwrap.dedent("\n".join(lines[node.lineno - 1 : node.end_lineno]))
                    if doc and body and 60 < len(body) < 1800 and len(doc.split("\n")[0].split()) > 3:
                        yield doc.split("\n")[0].rstrip(". "), node.name, body, doc


def add_code(collection: Collection, limit: int) -> None:
    found = []
    for line, name, body, doc in python_functions():
        found.append((line, name, body, doc))
    collection.random.shuffle(found)
    for line, name, body, doc in found[:limit]:
        keep = digest(body) % 2 == 0
        text = body if keep else body.replace(doc.split("\n")[0], "")
        d = collection.document("python-functions", "", text)
        words = " ".join(re.findall(r"[A-Z]?[a-z]+|\d+", name)).lower()
        collection.query("python-functions", line if not keep or len(words.split()) < 2 else f"python {words}", "pair", d)


def add_long(collection: Collection, limit: int, words: int = 330) -> None:
    """Joins passages of one page so that training sees texts of several hundred word pieces."""
    groups = [g for g in collection.roots.values() if len(g) > 1]
    collection.random.shuffle(groups)
    made = 0
    for g in groups:
        for start in range(0, len(g) - 1, 4):
            source = collection.docs[g[start]][0]
            text = ""
            for i in g[start : start + 4]:
                if len((text + collection.docs[i][1]).split()) > words:
                    break
                text = f"{text} {collection.docs[i][1]}".strip()
            if len(text.split()) > 150 and digest(text) not in collection.seen:
                collection.seen[digest(text)] = len(collection.docs)
                collection.add(source, "", text)
                made += 1
            if made >= limit:
                return


def sentences(text: str) -> list[str]:
    return [s for s in SENTENCE.split(text) if 6 <= len(s.split()) <= 45]


def add_sentences(collection: Collection, limit: int) -> None:
    """Single sentences as documents: evidence and answer sentences are shorter than any passage."""
    for i in collection.random.sample(range(len(collection.docs)), min(limit, len(collection.docs))):
        source, text = collection.docs[i]
        found = sentences(text) if source != "python-functions" else []
        if found:
            collection.document(source, "", collection.random.choice(found))


def add_crops(collection: Collection, limit: int) -> None:
    """A sentence, or three to nine words of it, looks for the text it came from."""
    for i in collection.random.sample(range(len(collection.docs)), min(limit, len(collection.docs))):
        source, text = collection.docs[i]
        found = sentences(text)
        if not found or source == "python-functions":
            continue
        words = collection.random.choice(found).split()
        if collection.random.random() < 0.5:
            n = collection.random.randint(3, 9)
            start = collection.random.randint(0, max(0, len(words) - n))
            words = words[start : start + n]
        collection.query(source, " ".join(words[:24]), "crop", i)


def add_clozes(collection: Collection, sources: list[str], each: int) -> None:
    """Texts of these sources without one of their sentences, which looks for the rest: a claim does not repeat its
    evidence. `each` sentences of a text at most."""
    for source, text in list(collection.docs):
        found = sentences(text) if source in sources else []
        if len(found) < 3:
            continue
        for sentence in collection.random.sample(found, min(each, len(found) - 2)):
            collection.query(source, sentence, "crop", collection.document(source, "", text.replace(sentence, "", 1)))


def add_keywords(collection: Collection, limit: int) -> None:
    """Two to five of a text's rarest words: how people look for jargon."""
    df = Counter(w for _, t in collection.docs[:: max(1, len(collection.docs) // 60000)] for w in set(WORD.findall(t.lower())))
    for i in collection.random.sample(range(len(collection.docs)), min(limit, len(collection.docs))):
        source, text = collection.docs[i]
        words = list(dict.fromkeys(w for w in WORD.findall(text.lower()) if len(w) > 2 and df[w] > 1))
        rare = sorted(words, key=lambda w: df[w])[:14]
        if len(rare) < 5:
            continue
        chosen = collection.random.sample(rare, collection.random.randint(2, 5))
        collection.query(source, " ".join(chosen), "keyword", i)


EXACT = re.compile(r"[A-Za-z]*\d[\w./:-]*\w|[A-Za-z]+[A-Z]\w*|[a-z]+_\w+|[A-Z]{2,}")


def add_exact(collection: Collection, limit: int) -> None:
    """One to three of a text's codes, numbers and rare names, as written: what people type who know what they look for."""
    df = Counter(w for _, t in collection.docs for w in set(EXACT.findall(t)))
    for i in collection.random.sample(range(len(collection.docs)), min(limit, len(collection.docs))):
        source, text = collection.docs[i]
        rare = [w for w in dict.fromkeys(EXACT.findall(text)) if 2 < len(w) < 40 and df[w] <= 20]
        if rare and source != "python-functions":
            collection.query(
                source, " ".join(collection.random.sample(rare, min(len(rare), collection.random.randint(1, 3)))), "keyword", i
            )


def gather(folder: Path, options: Corpus) -> tuple[Collection, Collection]:
    """Reads passages, pairs and bare queries; returns the training and the held-out collection."""
    train, held = Collection(options.seed, options.title_drop), Collection(options.seed, options.title_drop)

    def side(text):
        return held if held_out(text) else train

    for name in options.passages:
        for line in read_lines(folder / name):
            item = json.loads(line)
            side(item["text"]).document(item["src"], item.get("title", ""), item["text"])
    for name in options.pairs:
        for line in read_lines(folder / name):
            item = json.loads(line)
            where = side(item["text"])
            where.query(item["src"], item["q"], "pair", where.document(item["src"], item.get("title", ""), item["text"]))
    for name in options.queries:
        for line in read_lines(folder / name):
            source, text = line.rstrip("\n").split("\t", 1)
            if not source.startswith(options.leave_out):
                train.query(source, text, "bare")
    if options.code:
        add_code(train, options.code)
    add_long(train, options.long)
    add_sentences(train, options.sentences)
    add_crops(train, options.crops)
    add_keywords(train, options.keywords)
    add_exact(train, options.exact)
    add_clozes(train, options.cloze_sources, options.clozes)
    return train, held


def load_tokenizer(path: str) -> Tokenizer:
    """The file may ask for padding and truncation: neither is wanted here."""
    tokenizer = Tokenizer.from_file(path)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def vocabulary_of(tokenizer: Tokenizer) -> list[str]:
    return [piece for piece, _ in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])]


def tokenise(collection: Collection, tokenizer: Tokenizer) -> TokenStore:
    def ids(texts, limit):
        rows = []
        for i in range(0, len(texts), 20000):
            batch = tokenizer.encode_batch([t[:6000] for t in texts[i : i + 20000]], add_special_tokens=False)
            rows += [np.asarray(e.ids[:limit], np.uint16) for e in batch]
        return Ragged.of(rows)

    names = sorted({s for s, _ in collection.docs} | {q[0] for q in collection.queries})
    code = {s: i for i, s in enumerate(names)}
    return TokenStore(
        docs=ids([t for _, t in collection.docs], MAX_PIECES),
        doc_source=np.array([code[s] for s, _ in collection.docs], np.uint8),
        title_lengths=np.minimum(ids(collection.titles, MAX_PIECES).lengths, 255).astype(np.uint8),
        queries=ids([q[1] for q in collection.queries], 64),
        query_source=np.array([code[q[0]] for q in collection.queries], np.uint8),
        query_kind=np.array([q[2] for q in collection.queries], np.uint8),
        positive=np.array([q[3] for q in collection.queries], np.int32),
        sources=names,
    )


def held_out_test(held: Collection, per_group: int, pool: int) -> Collection:
    """A known-item test of manageable size: some pairs of every source, their documents, and others."""
    groups = defaultdict(list)
    for q in held.queries:
        groups[q[0]].append(q)
    test = Collection(0, 0.0)
    place: dict[int, int] = {}

    def move(i):
        if i not in place:
            place[i] = len(test.docs)
            test.docs.append(held.docs[i])
            test.titles.append(held.titles[i])
        return place[i]

    rng = random.Random(0)
    for source in sorted(groups):
        for s, text, kind, positive in rng.sample(groups[source], min(per_group, len(groups[source]))):
            test.queries.append((s, text, kind, move(positive)))
    rest = [i for i in range(len(held.docs)) if i not in place]
    for i in rng.sample(rest, max(0, min(len(rest), pool - len(place)))):
        move(i)
    return test


def prepare_tokens(options: Corpus, data: Path, tokens: Path, name: str, tokenizer: Tokenizer) -> None:
    """Writes the token stores NAME and NAME-held-out below `tokens`."""
    train, held = gather(data, options)
    store = tokenise(train, tokenizer)
    store.save(tokens / name)
    test = tokenise(held_out_test(held, options.held_out_queries, options.held_out_documents), tokenizer)
    test.save(tokens / f"{name}-held-out", parts=1)
    print(
        f"{name}: {len(store.docs):,} documents ({len(store.docs.flat):,} pieces), {len(store.queries):,} queries; "
        f"held out {len(test.docs):,} documents, {len(test.queries):,} queries"
    )
