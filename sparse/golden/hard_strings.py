"""Strings on which tokenizers disagree. Deterministic: no clock, no random numbers."""

BASES = [
    "", " ", "\t", "\n", "\r\n", "\u00a0", "\u2003", "\u3000", "\u2028", "\u2029", "\u1680", "\u202f", "\u205f", "\x0b", "\x0c", "\x85", "\x1c", "\x1f",
    "\ufeff", "\u200b", "\u200c", "\u200d", "\u2060", "\u00ad", "\u180e", "\u061c", "\u202e", "\x00", "\x01", "\x7f", "\x9f", "\ufffd", "\ufffe", "\uffff",
    "\ue000", "\U000f0000", "\U0010ffff", "\u0378", "\U0001fffe",
    "hello", "Hello World", "HELLO", "don't", "O'Neill's", "it\u2019s", "e-mail", "state-of-the-art", "foo_bar", "foo.bar.baz", "...", ".", "##", "##ing", "##s", "a##b",
    "3.14", "1,000,000", "1e-9", "0x7f", "100%", "$5.00", "\u20ac9", "\u00a31", "\u00a5", "c++", "c#", "f#", ".net", "node.js", "a/b", "a\\b", "<html>", "&amp;", "{x:1}", "[x]", "(y)",
    "http://example.org/a?b=c&d=e#f", "user@example.org", "#hashtag", "@mention", "`code`", "~tilde~", "^caret", "a|b", "a=b", "a+b", "x<y>z", "\"q\"", "\u201cq\u201d", "\u00abq\u00bb", "\u2014", "\u2013", "\u2026", "\u00b7", "\u00a7", "\u00b6", "\u00a9", "\u00ae", "\u2122", "\u00b0", "\u00b1", "\u00d7", "\u00f7",
    "__proto__", "constructor", "toString", "hasOwnProperty", "prototype", "valueOf", "undefined", "null", "NaN", "true", "__defineGetter__", "length",
    "[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]", "[cls]", "[Sep]", "[SEP", "SEP]", "[[SEP]]", "[ SEP ]", "[CLS] [unused1]", "[unused0]", "[unused993]", "[SEP][SEP]", "[CLS]hello[SEP]", "[MASK]ing", "##[SEP]", "\u0301[SEP]\u0301",
    "caf\u00e9", "cafe\u0301", "na\u00efve", "r\u00e9sum\u00e9", "\u00c5ngstr\u00f6m", "A\u030angstro\u0308m", "\u212bngstrom", "Zo\u00eb", "\u0141\u00f3d\u017a", "\u0110\u1ea1i h\u1ecdc", "Vi\u1ec7t Nam", "\u00d8rsted", "stra\u00dfe", "STRASSE", "\u1e9e", "\u00e6on", "\u0153uvre", "\u0132ssel", "\u01c4", "\u01c5", "\u01c6", "\ufb01nd", "\ufb03", "\u0130stanbul", "\u0131stanbul", "I\u0307", "\u212aelvin", "\u017ft", "\u00aa", "\u00ba", "\u00b5", "\u03bc",
    "\u0391\u0398\u0397\u039d\u0391", "\u039f\u0394\u039f\u03a3", "\u03bf\u03b4\u03cc\u03c2", "\u03a3", "\u03a3\u03a3\u03a3", "\u0386\u03b3\u03b9\u03bf\u03c2 \u038c\u03c1\u03bf\u03c2", "\u1f08\u03b8\u1fc6\u03bd\u03b1\u03b9", "\u037e", "\u0387", "\u1fef", "\u1ffd", "\u0345", "\u1fb3",
    "\u2260", "\u226e", "\u226f", "\u2204", "\u2209", "=\u0338", "a\u2260b", "<\u0338", ">\u0338", "\u2241", "\u2262", "\u0338=", "`\u0300", "^\u0302", "\u00a8", "\u00b4", "\u00b8",
    "\u041c\u043e\u0441\u043a\u0432\u0430", "\u0439", "\u0418\u0306", "\u0451\u043b\u043a\u0430", "\u0407\u0436\u0430\u043a", "\u0421\u0430\u043d\u043a\u0442-\u041f\u0435\u0442\u0435\u0440\u0431\u0443\u0440\u0433", "\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22", "\u0e01\u0e33", "\u0e40\u0e1b\u0e47\u0e19", "\u0e3f", "\u0e4f", "\u0e5a",
    "\u4e2d\u6587", "\u4e2d\u6587 text", "text\u4e2d\u6587text", "\u6f22\u5b57\u304b\u306a", "\u3072\u3089\u304c\u306a", "\u30ab\u30bf\u30ab\u30ca", "\u30ac", "\u30ab\u3099", "\u304c", "\u304b\u3099", "\uff76\uff9e", "\uff21\uff22\uff23", "\uff11\uff12", "\u3001\u3002", "\u300c\u300d", "\uff01\uff1f", "\u3005", "\u3006", "\u3007", "\u30fc", "\u9fff", "\u3400", "\u4dbf", "\ua000", "\uf900", "\ufa0e", "\ufa70", "\U00020000", "\U0002a6d6", "\U0002a700", "\U0002b81d", "\U0002b820", "\U0002ceb0", "\U0002f800", "\U0002fa1d", "\U00030000", "\u2e80", "\u2f00", "\u31c0", "\u3021", "\U00020000x", "x\U0002f800y",
    "\ud55c\uad6d\uc5b4", "\u1112\u1161\u11ab", "\uac00", "\uac01", "\u3131", "\uffa1", "\u302e", "\uac00\u302e", "\u302f\u0301", "\u0915\u094d\u0937", "\u0939\u093f\u0928\u094d\u0926\u0940", "\u0958", "\u0915\u093c", "\u09ac\u09be\u0982\u09b2\u09be", "\u09dc", "\u0ba4\u0bae\u0bbf\u0bb4\u0bcd", "\u0c24\u0c46\u0c32\u0c41\u0c17\u0c41", "\u0c95\u0ca8\u0ccd\u0ca8\u0ca1", "\u0d2e\u0d32\u0d2f\u0d3e\u0d33\u0d02", "\u0dc3\u0dd2\u0d82\u0dc4\u0dbd", "\u0f56\u0f7c\u0f51\u0f0b", "\u0f43", "\u1019\u103c\u1014\u103a\u1019\u102c", "\u17a2\u1780\u17d2\u179f\u179a", "\u0964", "\u0965",
    "\u0627\u0644\u0639\u0631\u0628\u064a\u0629", "\u0627\u0644\u0639\u064e\u0631\u064e\u0628\u0650\u064a\u064e\u0651\u0629", "\u0622", "\u0627\u0653", "\u0649", "\u06cc", "\u0640", "\u060c", "\u061f", "\u0660\u0661\u0662", "\ufdfa", "\ufefb", "\u0600", "\u06dd", "\u05e2\u05d1\u05e8\u05d9\u05ea", "\u05e9\u05c1\u05dc\u05d5\u05b9\u05dd", "\ufb2a", "\u05be", "\u05f3", "\u0710\u0712", "\u070f", "\u0781", "\u10d0\u10d1\u10d2", "\u1c90\u1c91", "\u10a0", "\u2d00", "\u0531\u0532", "\u0561\u0562", "\u0587", "\u1200\u1208", "\u1361", "\u13a0\u13a1", "\uab70", "\u1401", "\u1681", "\u16a0", "\u1820",
    "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", "\U0001f44d\U0001f3fd", "\U0001f1e9\U0001f1ea", "\u2764\ufe0f", "\u2764", "1\ufe0f\u20e3", "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "\U0001f9d1\u200d\U0001f680", "\u263a\ufe0e", "\U0001fae0", "\U0001fac3\U0001f3ff", "ok\U0001f44dok", "\U0001f600\U0001f600",
    "\U0001d400\U0001d401", "\U0001d49c", "\U0001d7d8", "\u2120", "\u2460", "\u2075", "\u2082", "\u00bd", "\u2153", "\u2167", "\u2182", "\u210c", "\u2133", "\u2211", "\u222b", "\u221e", "\u2208", "\u2192", "\u21d2", "\u2500", "\u2588", "\u25a0", "\u2605", "\u266b", "\u2713", "\u27e8", "\u2a00", "\u2b50", "\u2c00", "\u2c60", "\ua640", "\ua680", "\ua722", "\ua7b3", "\uab30", "\U00010400", "\U00010428", "\U000104b0", "\U00010c80", "\U000118a0", "\U00016e40", "\U0001e900", "\U0001e922", "\U00010330", "\U00012000", "\U00013000", "\U0001b000", "\U0001d165", "\U0001d15e", "\U0001d1bb", "\U000110ba", "\U0001109a", "\U000110bd", "\U0001bca0",
    "\u0300", "\u0301\u0302", "\u0489", "\u20dd", "a\u20dd", "\u0903", "a\u0903b", "\u093e", "\u1abe", "\u1dc0", "\u1df6", "\u1dfb", "\ua66f", "\ufe20", "\U000101fd", "\U000102e0", "\U0001e000", "\U0001e130", "\U0001e2ec", "\U0001e8d0", "\u08d3", "\u0899", "\u1ac0", "\u07fd", "\u0b55", "\u1715", "\U00010eab",
    "\u2010", "\u2011", "\u2012", "\u2e3a", "\u2e52", "\u2e53", "\u3030", "\ufe31", "\ufe58", "\ufe63", "\uff0d", "\u055a", "\u0589", "\u05c0", "\u0700", "\u07f7", "\u0830", "\u085e", "\u0af0", "\u0c77", "\u0df4", "\u0e4f", "\u1360", "\u166d", "\u166e", "\u17d4", "\u1800", "\u1944", "\u1b7d", "\u1c7e", "\u2cf9", "\u2d70", "\ua60d", "\ua673", "\ua6f2", "\ua8ce", "\ua95f", "\uaade", "\uabeb", "\U00010100", "\U0001039f", "\U00010857", "\U00010f55", "\U00011047", "\U000111de", "\U000119e2", "\U00012470", "\U00016a6e", "\U00016fe2", "\U0001bc9f", "\U0001da87", "\U0001e95e",
]

CONTEXTS = [
    "{}", "a{}b", "a {} b", "{}{}", " {} ", "x{}", "{}x", "The {}, and the {}.", "{}\u0301", "\u4e2d{}", "\u200d{}\u200d",
]


def hard_strings() -> list[str]:
    strings = [context.replace("{}", base) for base in BASES for context in CONTEXTS]
    for character in ["a", "\u00e9", "e\u0301", "\U0001d400", "\U00010428", "\u4e2d", "\uac01", "\u0e01", "!", "\u200b", "\u0301", "\U0001f600", "\u0130", "\u1e9e"]:
        strings += [character * count for count in (99, 100, 101, 200)]
        strings += [f"word {character * 100}tail end", f"{character * 50}\u00ad{character * 50}", f"un{character * 98}", f"un{character * 99}"]
    # 33 syllables of three letters are 99 characters after decomposition, 34 are 102: only those are unknown.
    strings += ["\uac01" * count for count in (33, 34)]
    strings += ["a" * 100_000, "ab\u00e9" * 33_333, "\u4e2d" * 3_000, "!?" * 5_000, "\u0301" * 100_000, "x" * 1_000_000, "a\u200b" * 50_000, "[SEP]" * 1_000]
    strings += [f"{chr(code)}{chr(code + 1)} {chr(code)}a" for code in range(0x20, 0x600, 3)]
    return list(dict.fromkeys(strings))
