# SPDX-License-Identifier: MIT
"""What must hold of the tree itself, whatever the programs do."""
import os
import pathlib
import re
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("KNEAD_BUILD_ROOT", TOP / "build"))
FILE_LINES_MAX = 450
FUNCTION_LINES_MAX = 70

# All that the core may take from outside: memory and string functions, formatting into a buffer, libm. No clock, no
# descriptor, no stream, no environment, no locale.
LIBC = """
    memchr memcmp memcpy memmove memset strchr strcmp strcspn strlen strncmp strnlen strrchr strspn strstr
    strcasecmp strncasecmp strpbrk snprintf vsnprintf qsort bsearch abs labs llabs __errno_location __assert_fail __ctype_b_loc
    __memcpy_chk __memmove_chk __memset_chk __snprintf_chk __vsnprintf_chk __stack_chk_fail _GLOBAL_OFFSET_TABLE_
""".split()
LIBM = """
    acos asin atan atan2 cbrt ceil copysign cos exp exp2 expm1 fabs floor fma fmax fmin fmod frexp hypot isfinite isinf isnan
    ldexp llround log log10 log1p log2 lround modf nearbyint pow remainder rint llrint lrint round scalbn sin sincos sqrt tan tanh trunc
""".split()
ALLOCATION = {"malloc", "calloc", "realloc", "free", "aligned_alloc", "posix_memalign"}
INSTRUMENTATION = re.compile(r"^__(asan|ubsan|lsan|sanitizer|gcov|tsan|msan)")

CORE_SYSTEM_HEADERS = """
    assert.h ctype.h errno.h float.h inttypes.h limits.h math.h stdarg.h stdbool.h stddef.h stdint.h stdio.h stdlib.h
    string.h strings.h
""".split()


def sources(*folders, kinds=(".c", ".h")):
    return sorted(p for folder in folders for p in (TOP / folder).rglob("*") if p.suffix in kinds)


def includes(path):
    return re.findall(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', path.read_text(), re.M)


def name(path):
    return str(path.relative_to(TOP))


def undefined_symbols():
    """{object file: symbols it takes from outside the core} of libknead.a."""
    out = subprocess.run(["nm", "--format=posix", BUILD / "src/core/libknead.a"], capture_output=True, text=True, check=True)
    defined, wanted, member = set(), {}, None
    for line in out.stdout.splitlines():
        if line.endswith(":"):
            member = re.search(r"\[(.*)\]", line).group(1)
            wanted[member] = set()
        elif line:
            symbol, kind = line.split()[:2]
            wanted[member].add(symbol) if kind in "Uw" else defined.add(symbol)
    return {m: {s for s in w - defined if not INSTRUMENTATION.match(s)} for m, w in wanted.items()}


def test_the_core_takes_nothing_from_outside_but_plain_libc_and_libm():
    allowed = set(LIBC) | set(LIBM) | ALLOCATION
    assert {m: s - allowed for m, s in undefined_symbols().items() if s - allowed} == {}


def test_the_core_allocates_nowhere_but_where_a_pipeline_is_made():
    makers = {m: s & ALLOCATION for m, s in undefined_symbols().items() if s & ALLOCATION}
    assert [m for m in makers if not m.startswith("pipeline")] == []
    assert set().union(*makers.values()) <= {"calloc", "malloc", "free"}


def test_the_core_includes_only_itself_and_headers_of_plain_libc():
    own = {p.name for p in sources("src/core", kinds=(".h",))}
    wrong = [
        (name(p), header)
        for p in sources("src/core", "include")
        for mark, header in includes(p)
        if not (header.startswith("knead/") or (header in own if mark == '"' else header in CORE_SYSTEM_HEADERS))
    ]
    assert wrong == []


def test_arrows_point_one_way():
    # How bytes are fed to a pipeline, and what goes to which topic, is decided once for the daemon and `knead replay`; what may
    # become a zero or a scale, and how it is kept, once for the daemon and `knead calibrate`.
    shared = {("tool", "feed.h"), ("tool", "publish.h"), ("tool", "state.h"), ("tool", "weigh.h")}
    headers = {area: {p.name for p in sources(f"src/{area}", kinds=(".h",))} for area in ("core", "io", "app", "tool")}
    closed = {"core": ("io", "app", "tool"), "io": ("core", "app", "tool"), "app": ("core", "tool"), "tool": ("core", "app")}
    wrong = [
        (name(p), header)
        for area, others in closed.items()
        for p in sources(f"src/{area}")
        for mark, header in includes(p)
        for other in others
        if mark == '"' and pathlib.PurePath(header).name in headers[other] - headers[area] and (area, header) not in shared
    ]
    assert wrong == []


@pytest.mark.parametrize("header", [name(p) for p in sources("include", "src", kinds=(".h",))])
def test_each_header_compiles_alone(header):
    area = pathlib.PurePath(header).parent
    flags = ["-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c"]
    where = [f"-I{TOP / folder}" for folder in ("include", area, "src/io")]
    program = f"#include <{TOP / header}>\n"
    out = subprocess.run(["cc", *flags, *where, "-"], input=program, capture_output=True, text=True)
    assert out.returncode == 0, out.stderr


def test_no_source_file_is_longer_than_its_limit():
    long = {name(p): n for p in sources("src", "include") if (n := len(p.read_text().splitlines())) > FILE_LINES_MAX}
    assert long == {}


def test_no_function_is_longer_than_its_limit():
    long = {}
    for path in sources("src", "include", "tests"):
        start = None
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines):
            if line == "{":
                start = number
            elif line.startswith("}") and start is not None:
                if number - start + 1 > FUNCTION_LINES_MAX:
                    long[f"{name(path)}: {lines[start - 1].strip()}"] = number - start + 1
                start = None
    assert long == {}


def tracked():
    out = subprocess.run(["git", "-C", TOP, "ls-files", "-z"], capture_output=True, text=True)
    if out.returncode != 0:
        pytest.skip(f"no git work tree: {out.stderr.strip()}")
    return [TOP / f for f in out.stdout.split("\0") if f and (TOP / f).is_file()]


def hits(pattern, paths):
    found = []
    for path in paths:
        text = path.read_bytes().decode("utf-8", "replace")
        found += [f"{name(path)}: {m.group(0)}" for m in re.finditer(pattern, text)]
    return found


def test_every_source_names_its_licence():
    wanted = [p for p in tracked() if p.suffix in (".c", ".h", ".py") or p.parent.name == "scripts"]
    assert [name(p) for p in wanted if "SPDX-License-Identifier: MIT" not in p.read_text()[:400]] == []


def test_no_tracked_file_names_a_place_of_one_machine():
    # Written in pieces, so that this file does not find itself.
    places = "|".join(("/wo" + "rk/", "/tmp/" + r"b-\w", "/home/" + r"\w", "/ro" + "ot/"))
    assert hits(rf"(?<![\w.])({places})\S*", tracked()) == []


def test_nothing_is_left_open():
    marks = "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "not imple" + "mented"))
    code = [p for p in tracked() if p.suffix in (".c", ".h", ".py", ".build") or p.parent.name == "scripts"]
    assert hits(rf"\b({marks})\b", code) == []


def test_every_script_and_page_the_readme_names_is_there():
    readme = (TOP / "README.md").read_text()
    scripts = set(re.findall(r"(?:\./)?(scripts/[a-z-]+|\.ci/run)\b", readme))
    pages = {p for p in re.findall(r"\]\(([^)#:]+)\)", readme)}
    assert [s for s in sorted(scripts) if not os.access(TOP / s, os.X_OK)] == []
    assert [p for p in sorted(pages) if not (TOP / p).exists()] == []


def test_every_verb_and_option_the_readme_uses_is_in_the_help():
    readme = (TOP / "README.md").read_text()
    blocks = "\n".join(re.findall(r"^```(?:sh|console)\n(.*?)^```", readme, re.M | re.S))
    help_of = {}
    for program, path in (("knead", BUILD / "src/tool/knead"), ("kneadd", BUILD / "src/app/kneadd")):
        help_of[program] = subprocess.run([path, "--help"], capture_output=True, text=True, check=True).stdout
    verbs = set(re.findall(r"\bknead ([a-z]+)", blocks))
    options = set(re.findall(r"\bkneadd (?:-\w \S+ )*(--[a-z-]+)", blocks))
    assert [v for v in sorted(verbs) if not re.search(rf"\b{v}\b", help_of["knead"])] == []
    assert [o for o in sorted(options) if o not in help_of["kneadd"]] == []


DRAW = re.compile(r"\b(?:sim_rand_(?!init)\w+|draw_\w+|sim_draft_level_n|wander)\(")


def declarators(statement):
    """The parts of a declaration that stand one after the other; any other statement as a whole."""
    if not re.match(r"\s*(?:const )?(?:double|bool|u?int\w*|size_t|struct \w+)\b", statement):
        return [statement]
    parts, depth = [""], 0
    for c in statement:
        depth += {"(": 1, ")": -1}.get(c, 0)
        parts = parts + [""] if c == "," and depth == 0 else parts[:-1] + [parts[-1] + c]
    return parts


def test_the_simulator_draws_one_number_at_a_time():
    """C does not say in which order it evaluates arguments and operands: one seed, one capture, with any compiler."""
    bad = []
    for path in sources("src/tool"):
        if not path.name.startswith("sim"):
            continue
        text = re.sub(r"/\*.*?\*/|\"[^\"\n]*\"", "", path.read_text(), flags=re.S)
        for statement in re.split(r"[;{}]", text):
            for part in declarators(statement):
                in_order = len(re.findall(r"\?|&&|\|\||\bif\b|\belse\b", part))
                if len(DRAW.findall(part)) > 1 + in_order:
                    bad.append(f"{name(path)}: {' '.join(part.split())}")
    assert not bad
