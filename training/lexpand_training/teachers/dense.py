"""Dense teachers: unit vectors of documents and queries, computed once in half precision."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from ..data.store import CLS, SEP, Ragged
from ..model import pack
from ..model.bert import Body, Packing


class Teacher:
    """One packed encoder. encode works on the token store's ids, so no text is needed."""

    def __init__(self, path: Path, tokenizer: Tokenizer, device: str):
        state, shape, self.info = pack.read(path)
        self.name, self.device = path.stem, device
        self.body = Body(shape, torch.bfloat16 if device == "cuda" else torch.float32)
        self.body.load_state_dict({k: torch.from_numpy(v) for k, v in state.items()})
        self.body.to(device).eval()
        if device == "cuda":
            self.body.bfloat16()

        def prefix(kind):
            return tokenizer.encode(self.info.get(f"{kind}_prefix", ""), add_special_tokens=False).ids

        self.prefix = {kind: prefix(kind) for kind in ("query", "document")}

    @torch.inference_mode()
    def encode(self, texts: Ragged, kind: str, limit: int = 256, budget: int = 131072) -> torch.Tensor:
        """float16 [N, H] on the CPU. Texts of one length share a batch: nothing is padded."""
        front, shift = self.prefix[kind], self.info.get("id_shift", 0)
        lengths = np.minimum(texts.lengths, limit - 2 - len(front))
        out = torch.empty(len(texts), self.body.shape.hidden, dtype=torch.float16)
        order = np.argsort(lengths, kind="stable")
        ascending = lengths[order]
        flat = torch.from_numpy(texts.flat.astype(np.int32)).to(self.device)
        starts = texts.offsets[:-1]
        done, rows_out = [], []
        at = 0
        while at < len(order):
            n = int(ascending[at])
            size = max(1, budget // (n + 2 + len(front)))
            end = min(at + size, int(np.searchsorted(ascending, n, side="right")))
            rows = order[at:end]
            index = torch.from_numpy(starts[rows]).to(self.device)[:, None] + torch.arange(n, device=self.device)
            ids = flat[index].long() + shift
            first = ids.new_tensor([self.info.get("first", CLS)] + [i + shift for i in front]).expand(len(rows), -1)
            last = ids.new_full((len(rows), 1), self.info.get("last", SEP))
            ids = torch.cat([first, ids, last], 1)
            hidden = self.body(ids.reshape(-1), Packing([ids.shape[1]] * len(rows), self.device))
            hidden = hidden.view(*ids.shape, -1)
            vector = hidden[:, 0] if self.info["pooling"] == "cls" else hidden.mean(1)
            done.append(torch.nn.functional.normalize(vector.float(), dim=-1).half())
            rows_out.append(rows)
            at = end
        out[torch.from_numpy(np.concatenate(rows_out))] = torch.cat(done).cpu()
        return out
