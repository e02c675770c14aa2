# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which class each value of a label field is likely to be, and why that is thought.

Rules, the likelier first:

* names: the file says what its values are called;
* ASPRS codes, for `classification` of LAS; SemanticKITTI's, for `.label` files, and for values
  whose low 16 bits are all among them (the object is in the upper ones);
* index: every value is a class index;
* external: every value is a class's number in its published scheme, as the class list knows it;
* another published numbering that has all values and names most points like a class;
* from_one: every value is a class index plus one, 0 being nothing.

Values that mean nothing in any of them (-1, -100, 255, 65535 and what the scheme leaves open) are
ignored. More than one rule may fit; whoever knows the file chooses. Where nearly all points are 0,
that is more likely to mean nothing than the first class: rules by which it does come first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from fewpoints.annotations.classes import ClassList
from fewpoints.annotations.label_mapping.counting import FieldCounts
from fewpoints.annotations.label_mapping.mapping import ClassMapping, InstanceField
from fewpoints.annotations.label_mapping.schemes import (
    ASPRS,
    NYU40,
    SEMANTIC_KITTI,
    Scheme,
    class_called,
)

# Usual ways to say "nothing". 255 and 65535 only where they are not a class.
VOID = frozenset({-100, -2, -1, 255, 65535})
_LAS = ("las", "laz", "copc")
_NEARLY_ALL = 0.9
_PUBLISHED = {scheme.key for scheme in (NYU40, SEMANTIC_KITTI, ASPRS)}


@dataclass(frozen=True)
class Suggestion:
    """A mapping that may be right, and the rule and a sentence that say why.

    share: of the points, those that get a class, 0 to 1.
    """

    mapping: ClassMapping
    rule: str
    reason: str
    share: float


def suggest(
    counts: FieldCounts, classes: ClassList, *, instance: InstanceField | None = None
) -> list[Suggestion]:
    """Return the mappings that may be right, likeliest first; none if no rule fits.

    Args:
        instance: where the objects are numbered, if a field beside it does that.
    """
    found = [] if counts.words else list(_packed(counts, classes))
    if counts.counts:
        found += _plain(counts, counts.counts, classes, instance)
    unique: list[Suggestion] = []
    for one in found:
        if one.share > 0 and not any(one.mapping.classes == u.mapping.classes for u in unique):
            unique.append(one)
    return unique


def instance_field(of: FieldCounts, fields: Mapping[str, FieldCounts]) -> InstanceField | None:
    """Return the field that numbers the objects of another field's classes, by its name."""
    numbering = [f for f in fields.values() if f.numbers_objects and f.name != of.name]
    numbering = [f for f in numbering if "station" not in f.name.lower()]
    if of.numbers_objects or len(numbering) != 1:
        return None
    # Where something is below 0, objects count from 0 and what is below is none.
    return InstanceField(numbering[0].name, none=-1 if numbering[0].low < 0 else 0)


def _packed(counts: FieldCounts, classes: ClassList) -> Iterable[Suggestion]:
    values = counts.low_counts
    if not values or not set(values) <= set(SEMANTIC_KITTI.names):
        return
    reason = (
        "The low 16 bits of all values are SemanticKITTI numbers; the upper ones number the objects"
    )
    yield _made(
        counts, values, classes, "semantic_kitti", reason, _by(SEMANTIC_KITTI, classes), packed=True
    )


def _plain(
    counts: FieldCounts,
    values: Mapping[int, int],
    classes: ClassList,
    instance: InstanceField | None,
) -> list[Suggestion]:
    def made(rule: str, reason: str, rows: Callable[[int], int | None]) -> Suggestion:
        return _made(counts, values, classes, rule, reason, rows, instance=instance)

    def scheme(one: Scheme, reason: str) -> Suggestion:
        return made(one.key, reason, _by(one, classes))

    said = {value for value in values if value not in VOID}
    found: list[Suggestion] = []
    if counts.names:
        named = {v: class_called([text], classes) for v, text in counts.names.items()}
        hits = sum(named.get(value) is not None for value in values)
        found.append(
            made(
                "names",
                f"The file names its values; {hits} of {len(values)} are called like a class",
                named.get,
            )
        )
    if counts.words:  # Its numbers mean nothing.
        return found
    name = counts.name.lower()
    if counts.source_format in _LAS and name == "classification":
        found.append(scheme(ASPRS, "LAS files number classes by the ASPRS standard"))
    if counts.source_format == "kitti" and name == "semantic":
        found.append(scheme(SEMANTIC_KITTI, "Files of this kind have SemanticKITTI numbers"))
    last = len(classes) - 1
    if said and all(0 <= value <= last for value in said):
        reason = f"Every value is an index of the class list, 0 to {last}"
        found.append(made("index", reason, lambda v: v if 0 <= v <= last else None))
    external = {c.external_id: c.index for c in classes if c.external_id is not None}
    if said and said - {0} <= set(external):
        reason = "Every value is a class's number in its published scheme"
        found.append(made("external", reason, external.get))
    fitting = [one for one in (NYU40, SEMANTIC_KITTI) if said and said <= set(one.names)]
    named_like = [scheme(one, f"Every value is a {one.title} number") for one in fitting]
    found += sorted((s for s in named_like if s.share >= 0.5), key=lambda s: -s.share)
    if said and all(0 <= value <= len(classes) for value in said):
        reason = f"Every value is 1 to {len(classes)}, classes counted from one, 0 being nothing"
        found.append(made("from_one", reason, lambda v: v - 1 if 1 <= v <= last + 1 else None))
    named_share = next((one.share for one in found if one.rule == "names"), 1.0)
    # A file may name only some of the numbers of a scheme.
    found.sort(key=lambda one: not (one.rule in _PUBLISHED and one.share > named_share))
    if values.get(0, 0) >= _NEARLY_ALL * counts.points:
        found.sort(key=lambda one: one.rule == "index")
    return found


def _by(scheme: Scheme, classes: ClassList) -> Callable[[int], int | None]:
    return lambda value: scheme.class_of(value, classes)


def _made(
    counts: FieldCounts,
    values: Mapping[int, int],
    classes: ClassList,
    rule: str,
    reason: str,
    class_of: Callable[[int], int | None],
    *,
    instance: InstanceField | None = None,
    packed: bool = False,
) -> Suggestion:
    scheme = next((s for s in (NYU40, SEMANTIC_KITTI, ASPRS) if s.key == rule), None)
    chosen = {value: class_of(value) for value in values}
    names = {v: counts.names.get(v) or (scheme.name_of(v) if scheme else "") for v in values}
    points = sum(number for value, number in values.items() if chosen[value] is not None)
    mapping = ClassMapping(
        counts.name,
        chosen,
        packed=packed,
        instance=instance,
        names={value: text for value, text in names.items() if text},
    )
    return Suggestion(mapping, rule, f"{reason}.", points / max(counts.points, 1))
