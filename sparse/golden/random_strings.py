"""Random Unicode strings; random-strings.ts gives the same ones from the same seed."""

RANGES = [
    (0x20, 0x7E), (0x20, 0x7E), (0x61, 0x7A), (0x61, 0x7A), (0x00, 0xFF), (0x100, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x7FF),
    (0x900, 0xDFF), (0xE00, 0x11FF), (0x1E00, 0x1FFF), (0x2000, 0x2BFF), (0x3000, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFFFF),
    (0x10000, 0x10FFF), (0x11000, 0x1FFFF), (0x20000, 0x2FFFF), (0xE0000, 0xE01FF), (0x0, 0xD7FF), (0x10000, 0x10FFFF),
]


def random_strings(seed: int, count: int) -> list[str]:
    next_random = mulberry32(seed)
    strings = []
    for _ in range(count):
        text = ""
        for _ in range(1 + next_random() % 24):
            kind = next_random() % (len(RANGES) + 4)
            if kind >= len(RANGES):
                text += " "
                continue
            first, last = RANGES[kind]
            text += chr(first + next_random() % (last - first + 1))
        strings.append(text)
    return strings


def mulberry32(state: int):
    def step() -> int:
        nonlocal state
        state = (state + 0x6D2B79F5) & 0xFFFFFFFF
        mixed = (state ^ (state >> 15)) * (state | 1) & 0xFFFFFFFF
        mixed ^= (mixed + ((mixed ^ (mixed >> 7)) * (mixed | 61) & 0xFFFFFFFF)) & 0xFFFFFFFF
        return mixed ^ (mixed >> 14)

    return step
