"""What the commands do. Every stage reads the files of the stage before and writes its own below config.work."""

from __future__ import annotations

import copy
import json
import os
import time
from pathlib import Path

import numpy as np
import torch

from . import adapt as adaptation
from . import config as configuration
from . import corpus, losses, mining, pack
from .batches import Sampler
from .checkpoint import load_checkpoint, new_model, save_average, save_checkpoint
from .distill import Targets, distill
from .evaluate import JARGON, Retrieval, bm25_scores, measure, metrics, summary
from .lexical import Bm25, Stems
from .model_folder import write_folder
from .quantise import as_shipped
from .resume import read_shipped
from .store import TokenStore
from .student import read_idf
from .teachers import Teacher
from .warmup import warm_up

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
MINING_PARTS = 8
PATIENCE = 3600  # seconds for a checkpoint that another process trains


def vocabulary_of(tokenizer) -> list[str]:
    return [t for t, _ in sorted(tokenizer.get_vocab().items(), key=lambda kv: kv[1])]


def pack_weights(c: dict, a) -> None:
    pack.pack_all(Path(a.source), Path(c["weights"]))


def tokens(c: dict, a) -> None:
    corpus.prepare_tokens(c)


def vectors(c: dict, a) -> None:
    """Teacher vectors of all documents and queries below work/vectors. New vectors make old candidates void."""
    for old in Path(c["work"]).glob("candidates-*"):
        old.unlink(missing_ok=True)
    store = TokenStore.load(Path(c["work"]) / "tokens" / "train")
    folder = Path(c["work"]) / "vectors"
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = corpus.load_tokenizer(c["tokenizer"])
    for name in c["teachers"]["dense"]:
        begin = time.monotonic()
        teacher = teacher_named(c, name, tokenizer)
        for kind, texts in (("document", store.docs), ("query", store.queries)):
            limit = c["teachers"]["length"] if kind == "document" else 96
            save_array(vector_file(c, name, kind), teacher.encode(texts, kind, limit).numpy())
        print(f"{name}: {time.monotonic() - begin:.0f} s", flush=True)


def teacher_named(c: dict, name: str, tokenizer):
    """A packed teacher of the weights folder, or the path of any sentence-transformers model."""
    packed = Path(c["weights"]) / f"{name}.npz"
    return Teacher(packed, tokenizer, DEVICE) if packed.exists() else adaptation.SentenceTransformerTeacher(name, tokenizer, DEVICE)


def vector_file(c: dict, name: str, kind: str) -> Path:
    return Path(c["work"]) / "vectors" / f"{Path(name).name}-{kind}.npy"


def save_array(path: Path, array: np.ndarray) -> None:
    """Appears whole or not at all: another process may wait for it."""
    part = path.with_suffix(f".{os.getpid()}.npy")
    np.save(part, array)
    part.rename(path)


def claimed(path: Path) -> bool:
    """True for the one process that is first: the others wait for what it makes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def wait_for(path: Path, seconds: int = 600) -> Path:
    for _ in range(seconds * 5):
        if path.exists():
            return path
        time.sleep(0.2)
    raise FileNotFoundError(f"[train] {path} did not appear in {seconds} s. Run `vectors` and `lexical` first.")


def teachers(c: dict, a) -> None:
    """How good each teacher is on the held-out pairs."""
    held = Retrieval.held_out(TokenStore.load(Path(c["work"]) / "tokens" / "held-out"))
    tokenizer = corpus.load_tokenizer(c["tokenizer"])
    judged = {}
    for name in c["teachers"]["dense"]:
        teacher = teacher_named(c, name, tokenizer)
        queries, docs = (teacher.encode(t, k).to(DEVICE).float() for t, k in ((held.queries, "query"), (held.docs, "document")))
        judged[name] = queries @ docs.T
    judged["bm25"] = bm25_scores(held, vocabulary_of(tokenizer), DEVICE)
    compare_teachers(judged, held, c)


def compare_teachers(judged: dict[str, torch.Tensor], held: Retrieval, c: dict) -> None:
    """Prints nDCG@10 on held-out pairs, mean over sources, of each teacher and of ensembles with more or less BM25."""
    jargon = np.array([g in JARGON for g in held.groups])
    groups = np.array(held.groups)

    def report(name, scores):
        ndcg, _ = metrics(scores, held.relevant)
        by = {g: ndcg[groups == g].mean() for g in np.unique(groups)}
        inside = np.mean([v for g, v in by.items() if g in JARGON])
        print(f"teacher {name:24} all {np.mean(list(by.values())):.4f} jargon {inside:.4f} hit {ndcg[~jargon].mean():.4f}", flush=True)

    for name, scores in judged.items():
        report(name, scores)
    none = torch.zeros_like(judged["bm25"], dtype=torch.bool)
    names, weights = list(judged), [*c["teachers"]["weights"], 1.0]
    for stems in (0.0, 0.3, 0.6, 1.0, 1.5):
        report(f"ensemble, BM25 {stems}", losses.ensemble(list(judged.values()), [*weights[:-1], stems], none, 0.0))
    for i, name in enumerate(names):
        report(f"ensemble without {name}", losses.ensemble(list(judged.values()), [w * (j != i) for j, w in enumerate(weights)], none, 0.0))


def lexical(c: dict, a) -> None:
    """BM25 over stems and over pieces, and query stems, below work/vectors. Needs no GPU."""
    store = TokenStore.load(Path(c["work"]) / "tokens" / "train")
    folder = Path(c["work"]) / "vectors"
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = vocabulary_of(corpus.load_tokenizer(c["tokenizer"]))
    stems = Stems(vocabulary)
    idf, allowed = read_idf(c["idf"], vocabulary, c["student"]["idf_bound"])
    row, stem = stems.rows(store.queries)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(store.queries)))])
    arrays = {"query_offsets": offsets, "query_stems": stem}
    for name, bm25 in (("stems", Bm25.of_stems(stems, store.docs)), ("pieces", Bm25.of_pieces(store.docs, (idf * allowed).numpy()))):
        arrays |= {f"{name}_{k}": v for k, v in bm25.arrays().items()}
        print(f"BM25 over {name}: {len(bm25.terms):,} postings", flush=True)
    np.savez(folder / "bm25.part.npz", **arrays)
    (folder / "bm25.part.npz").rename(folder / "bm25.npz")


def load_vectors(c: dict) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    def read(kind):
        return [torch.from_numpy(np.load(wait_for(vector_file(c, n, kind)))).to(DEVICE) for n in c["teachers"]["dense"]]

    return read("query"), read("document")


def mine(c: dict, queries: list[torch.Tensor], docs: list[torch.Tensor]) -> np.ndarray:
    """The teachers' candidates of every query, kept in work/candidates-*.npy. int32 [Q, depth]

    Processes on several GPUs share the work: each makes the parts that no other has claimed and waits for the rest.
    """
    begin, mined = time.monotonic(), []  # a run that was broken off leaves claims: `vectors` removes them
    edges = np.linspace(0, len(queries[0]), MINING_PARTS + 1).astype(int)
    for i, (low, high) in enumerate(zip(edges, edges[1:])):
        path = Path(c["work"]) / f"candidates-{i}.npy"
        if claimed(path.with_suffix(".claim")):
            save_array(path, mining.by_teachers([q[low:high] for q in queries], docs, c["teachers"]["depth"]).numpy())
            mined.append(i)
    candidates = np.concatenate([np.load(wait_for(Path(c["work"]) / f"candidates-{i}.npy")) for i in range(MINING_PARTS)])
    print(f"mined parts {mined} in {time.monotonic() - begin:.0f} s", flush=True)
    return candidates


def load_targets(c: dict) -> Targets:
    queries, docs = load_vectors(c)
    raw = dict(np.load(wait_for(Path(c["work"]) / "vectors" / "bm25.npz")))

    def read(name):
        return Bm25.from_arrays({k.removeprefix(f"{name}_"): v for k, v in raw.items() if k.startswith(f"{name}_")}).to(DEVICE)

    return Targets(docs, queries, read("stems"), read("pieces"), (raw["query_offsets"], raw["query_stems"]), teacher_weights(c), c["teachers"]["bonus"])


def teacher_weights(c: dict) -> list[float]:
    t = c["teachers"]
    return [*t["weights"], t["stems"], t["pieces"]]


def test_sets(c: dict, tokenizer) -> list[Retrieval]:
    sets = [Retrieval.beir(Path(c["dev"]) / n, tokenizer) for n in c["dev_sets"]]
    held = Path(c["work"]) / "tokens" / "held-out"
    return sets + ([Retrieval.held_out(TokenStore.load(held))] if held.exists() else [])


def figures_of(model, table, sets: list[Retrieval], exact: bool = True) -> dict:
    """Figures of every set; exact: activations in float32 as in the exported file, not in the training type."""
    training = model.body.dtype
    model.body.dtype = torch.float32 if exact else training
    model.eval()
    out = {t.name: measure(model, table.weights, t, DEVICE) for t in sets}
    model.body.dtype = training
    return out


def warmup(c: dict, a) -> None:
    torch.manual_seed(c["seed"])
    torch.set_float32_matmul_precision("high")
    docs = TokenStore.load_documents(Path(c["work"]) / "tokens" / "train")
    model, table = new_model(c, DEVICE)
    warm_up(model, docs, c["warmup"], c["seed"], DEVICE, lambda m: print(m, flush=True))
    save_checkpoint(a.out, model, table, c, {})


def parse_run(text: str) -> tuple[str, list[str]]:
    name, _, settings = text.strip().partition(":")
    return name, [s for s in settings.split(";") if s]


def runs_of(a, planned: list[str]):
    """Runs from the command line, else those of the configuration; or the lines of a file that is followed until it says
    `end`: loading the data takes half a minute of rented time, so one process serves a whole session."""
    if not a.follow:
        yield from (parse_run(r) for r in a.run or planned)
        return
    seen = 0
    while True:
        lines = [line for line in Path(a.follow).read_text().splitlines() if line.strip()]
        if seen == len(lines):
            time.sleep(0.5)
            continue
        if lines[seen] == "end":
            return
        seen += 1
        yield parse_run(lines[seen - 1])


def train(c: dict, a) -> None:
    """Runs one setting after the other on data loaded once. A run may start from an earlier one, start=NAME, or be no
    training but the mean of earlier ones, mean=NAME,NAME; where another process makes these, it waits for them."""
    torch.set_float32_matmul_precision("high")
    tokenizer = corpus.load_tokenizer(c["tokenizer"])
    store = TokenStore.load(Path(c["work"]) / "tokens" / "train")
    sets = test_sets(c, tokenizer)
    targets = load_targets(c)
    candidates = mine(c, targets.queries, targets.documents)
    samplers = {}
    print("data loaded", flush=True)
    for name, settings in runs_of(a, c["runs"]):
        if settings and settings[0].startswith("mean="):
            parts = [wait_for(Path(a.out) / f"{part}.pt", PATIENCE) for part in settings[0][5:].split(",")]
            save_average(parts, Path(a.out) / f"{name}.pt")
            continue
        run = copy.deepcopy(c)
        start = a.start
        for s in settings:
            if s.startswith("start="):
                start = wait_for(Path(a.out) / (s[6:] + ".pt"), PATIENCE)
            else:
                configuration.override(run, s)
        print(f"== {name} {settings}", flush=True)
        torch.manual_seed(run["seed"])
        model, table = load_checkpoint(start, DEVICE)
        model.logs = run["student"]["logs"]
        key = json.dumps(run["batch"])
        if key not in samplers:
            samplers[key] = Sampler(store, candidates, run["batch"], run["seed"])
        targets.weights, targets.bonus = teacher_weights(run), run["teachers"]["bonus"]
        figures = distill(model, table, samplers[key], targets, run["distill"], run["seed"], DEVICE, lambda m: print(m, flush=True))
        save_checkpoint(Path(a.out) / f"{name}.pt", model, table, run, {"training": figures})
        print(f"RESULT {name} {figures}", flush=True)
        if not run["judge"]:
            continue
        quality = figures_of(model, table, sets, run["exact"])
        print(f"QUALITY {name} {summary(quality)}", flush=True)
        if run["exact"]:
            print(f"INT8 {name} {summary(figures_of(as_shipped(model), table, sets))}", flush=True)
        (Path(a.out) / f"{name}.json").write_text(json.dumps({"training": figures, "quality": quality}, indent=1))


def resume(c: dict, a) -> None:
    """A shipped file with float arithmetic, --source, becomes the checkpoint --out."""
    idf, _ = read_idf(c["idf"], vocabulary_of(corpus.load_tokenizer(c["tokenizer"])), c["student"]["idf_bound"])
    save_checkpoint(a.out, *read_shipped(Path(a.source), idf, c["student"]["logs"], DEVICE), c, {})


def average(c: dict, a) -> None:
    """The mean of the weights of the runs that `ship` names, in the folder --source; written to --out."""
    save_average([Path(a.source) / f"{name}.pt" for name in c["ship"]], Path(a.out))


def evaluate(c: dict, a) -> None:
    torch.set_float32_matmul_precision("high")
    model, table = load_checkpoint(a.start, DEVICE)
    sets = test_sets(c, corpus.load_tokenizer(c["tokenizer"]))
    quality = figures_of(model, table, sets)
    print(summary(quality))
    shipped = figures_of(as_shipped(model), table, sets)
    print("int8", summary(shipped))
    quality = {"float": quality, "int8": shipped}
    if a.out:
        Path(a.out).write_text(json.dumps(quality, indent=1))


def export(c: dict, a) -> None:
    """--source may name the figures that `evaluate` wrote, for the manifest: those of the int8 weights are used."""
    figures = {"quality": json.loads(Path(a.source).read_text())["int8"]} if a.source else {}
    write_folder(c, a.start, Path(a.out), figures)


def adapt(c: dict, a) -> None:
    """Adapts the checkpoint --from to the documents in --source; writes the model folder --out and a report."""
    work = Path(c["work"])
    tokenizer = corpus.load_tokenizer(c["tokenizer"])
    train_side, held_side = adaptation.collections(Path(a.source), c["corpus"])
    corpus.tokenise(train_side, tokenizer).save(work / "tokens" / "train", parts=1)
    corpus.tokenise(held_side, tokenizer).save(work / "tokens" / "held-out", parts=1)
    lexical(c, a)
    vectors(c, a)
    c["dev_sets"] = []
    before = figures_of(*load_checkpoint(a.start, DEVICE), test_sets(c, tokenizer))
    a.run, a.follow, out = [], None, a.out
    a.out = str(work / "runs")
    train(c, a)
    after = figures_of(*load_checkpoint(work / "runs" / "adapted.pt", DEVICE), test_sets(c, tokenizer))
    write_folder(c, work / "runs" / "adapted.pt", Path(out), {})
    for name, f in (("before", before), ("after", after)):
        h = f["held-out"]
        print(f"{name}: nDCG@10 {h['ndcg']:.4f} Recall@100 {h['recall']:.4f} tokens {h['tokens']:.0f} FLOPS {h['flops']:.3f}")


COMMANDS = {
    "adapt": adapt,
    "average": average,
    "resume": resume,
    "pack": pack_weights,
    "tokens": tokens,
    "vectors": vectors,
    "teachers": teachers,
    "lexical": lexical,
    "warmup": warmup,
    "train": train,
    "evaluate": evaluate,
    "export": export,
}
