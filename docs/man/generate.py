#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes a manual page: generate.py KNEADD_HELP KNEAD_HELP KEYS TEMPLATE PAGE

The template is mdoc(7), and what the programs say of themselves is filled in at the lines

    @options         the options of `kneadd --help`
    @verbs           a subsection for each verb of `knead --help-all`: usage, text, options
    @general         the options of knead itself
    @keys SECTION    the keys of a section of the option table

so that page, --help and --dump-config cannot differ.
"""
import re
import sys
import textwrap

WIDTH = 78


def escaped(text):
    """Words of a text line: nothing in them is a request, and an option keeps the hyphens that a person would type."""
    text = text.replace("\\", "\\e")
    return re.sub(r"(?<![\w-])-{1,2}(?=\w)|(?<=\s)-(?=[\s,)]|$)", lambda m: m.group(0).replace("-", "\\-"), text)


def prose(text):
    """mdoc text lines: a new sentence on a new line, none too long, none that begins like a request."""
    lines = []
    for sentence in re.split(r"(?<=[.?!])\s+(?=[A-Z])", " ".join(text.split())):
        lines += textwrap.wrap(escaped(sentence), WIDTH, break_long_words=False, break_on_hyphens=False)
    return ["\\&" + line if line[0] in ".'" else line for line in lines]


def word(text):
    """An argument of a macro, never taken for a macro itself."""
    text = text.replace("\\", "\\e").replace('"', '\\(dq')
    return "\\&" + text if re.fullmatch(r"[A-Z%][A-Za-z0-9]{1,2}|[^\w\\/]+", text) else text


def term(text):
    """`-c, --config FILE` as the macros of a list item."""
    out = []
    for part in text.split(", "):
        option, *values = part.split()
        out.append("Fl " + option[1:].replace("-", "\\-") if option.startswith("-") else "Cm " + word(option))
        out += ["Ar " + word(value) for value in values]
        out.append(",")
    return " ".join(out[:-1])


def options(lines):
    """(term, description) of lines as --help prints them: two blanks, the term, two blanks, the description."""
    found = []
    for line in lines:
        if match := re.match(r"  (\S.*?)(?:  +(\S.*))?$", line):
            found.append([match.group(1), match.group(2) or ""])
        else:
            found[-1][1] += " " + line.strip()
    return found


def listed(lines):
    out = [".Bl -tag -width Ds"]
    for name, text in options(lines):
        out += [".It " + term(name), *prose(text)]
    return out + [".El"]


def blocks(text):
    """Paragraphs of a help text, as lists of lines."""
    return [block.splitlines() for block in re.split(r"\n{2,}", text.strip("\n"))]


def is_list(block):
    return block[0].startswith("  ")


def general_options(help_text):
    """The block of options; verbs have a heading, options begin with a hyphen."""
    return listed(next(b for b in blocks(help_text) if is_list(b) and b[0].lstrip().startswith("-")))


def verb_section(help_text):
    """A verb: its usage as it stands, then its text and its options in their order."""
    usage, *rest = blocks(help_text)
    lines = [line.removeprefix("Usage:").strip() for line in usage]
    out = [".Ss " + " ".join(lines[0].split()[:2])]
    out += [".Bd -literal -compact", *(escaped(line).replace("[-", "[\\-") for line in lines), ".Ed"]
    for block in rest:
        out += [".Pp", *prose(" ".join(block))] if not is_list(block) else listed(block)
    return out


def verbs(help_all):
    """One section for each verb, in the order of --help."""
    _, *texts = re.split(r"^(?=Usage: )", help_all, flags=re.M)
    return [line for text in texts[1:] for line in verb_section(text)]


def keys(section, table):
    out = [".Bl -tag -width Ds"]
    for name, key, limits, default, by_profile, text in table:
        if name != section:
            continue
        out += [".It Ic " + key, *prose(text + ".")]
        told = [f"Value: {limits}"] if limits else []
        told.append(f"Default: {default or 'empty'}" + (", for the profile ball" if by_profile == "yes" and key != "profile" else ""))
        out += [line for sentence in told for line in prose(sentence + ".")]
    assert len(out) > 1, f"no section {section}"
    return out + [".El"]


def main():
    texts = [open(path, encoding="utf-8").read() for path in sys.argv[1:5]]
    kneadd_help, knead_help, table_text, template = texts
    table = [line.split("\t") for line in table_text.splitlines()]
    fill = {
        "options": lambda: general_options(kneadd_help),
        "general": lambda: general_options(re.split(r"^Usage: knead record", knead_help, flags=re.M)[0]),
        "verbs": lambda: verbs(knead_help),
        "keys": lambda section: keys(section, table),
    }
    page, literal = [], False
    for line in template.splitlines():
        literal = line.startswith(".Bd -literal") or literal and line != ".Ed"
        if line.startswith("@"):
            name, *arguments = line[1:].split()
            page += fill[name](*arguments)
        elif literal or line.startswith("."):
            page.append(line)
        else:
            page += textwrap.wrap(line, WIDTH, break_long_words=False, break_on_hyphens=False)
    with open(sys.argv[5], "w", encoding="utf-8") as out:
        out.write("\n".join(page) + "\n")


if __name__ == "__main__":
    main()
