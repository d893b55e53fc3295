"""What each command of `python -m training` does; heavy imports inside."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.errors import UsageError

if TYPE_CHECKING:
    from app.network import Network
    from app.network.engines import Engine
    from app.network.weights import Weights
    from training.settings import Phase


def run_fit(chosen: argparse.Namespace) -> None:
    from app.network.engines import choose_device
    from training.data import find_pairs, load_samples
    from training.fit import fit
    from training.sampling import named
    from training.settings import Phase

    phase = Phase.load(chosen.phase)
    device = choose_device(chosen.device).kind  # before minutes of reading
    pairs = named(find_pairs(chosen.data, "train", chosen.relabelled), {**phase.sets, **phase.replay})
    print(fit(phase, load_samples(pairs), chosen.runs, device))


def run_shorten(chosen: argparse.Namespace) -> None:
    from training.data import find_pairs, load_samples, spread_sets
    from training.fit import save
    from training.network import load_network
    from training.shorten import PER_SET, shorten

    has_folder(chosen.out)
    model = load_network(chosen.weights)
    samples = load_samples(spread_sets(find_pairs(chosen.data, "train"), PER_SET))
    save(chosen.out, shorten(model, samples).state_dict())
    print(chosen.out)


def run_widen(chosen: argparse.Namespace) -> None:
    from training.fit import save
    from training.network import load_network
    from training.widen import widen

    has_folder(chosen.out)
    model = load_network(chosen.weights)
    save(chosen.out, widen(model, chosen.encoder, chosen.decoder).state_dict())
    print(chosen.out)


def run_average(chosen: argparse.Namespace) -> None:
    from training.average import average
    from training.fit import save
    from training.network import load_network

    has_folder(chosen.out)
    save(chosen.out, average([load_network(path) for path in chosen.weights]).state_dict())
    print(chosen.out)


def run_plot(chosen: argparse.Namespace) -> None:
    from training.log import plot

    print(plot(chosen.log))


def run_discover(chosen: argparse.Namespace) -> None:
    from training.data import find_pairs
    from training.discover import discover

    print(discover(chosen.weights, find_pairs(chosen.data, "train"), chosen.clusters, chosen.runs))


def run_export(chosen: argparse.Namespace) -> None:
    from training.export import export

    weights = export(chosen.checkpoints, chosen.data, dict(chosen.score), chosen.folder, chosen.name)
    for member in weights.members:
        print(f"{member.file} {member.sha256}")


def run_score(chosen: argparse.Namespace) -> None:
    from app.run.calibrated import chosen_weights, in_words
    from training.data import find_pairs, spread_sets
    from training.passes import variants
    from training.score import report, score, write_rows

    weights = chosen_weights(chosen.weights, chosen.settings, "auto")
    knows = network_of(weights, chosen.device)
    wanted = variants(
        len(weights.members),
        calibrated=weights.calibration is not None,
        specialists=weights.specialists is not None,
        flips=not chosen.no_flips,
    )
    pairs = find_pairs(chosen.data, chosen.split)
    if chosen.per_set:
        pairs = spread_sets(pairs, chosen.per_set)
    rows = score(knows.engines, pairs, wanted, knows)
    write_rows(rows, chosen.out / "scores.csv")
    text = report(rows, f"{chosen.weights} on the {chosen.split} split, {in_words(weights)}")
    (chosen.out / "scores.md").write_text(text + "\n")
    print(text)


def run_select(chosen: argparse.Namespace) -> None:
    from training.data import find_pairs
    from training.select import by_count, by_labels

    if (chosen.data is None) == (chosen.unlabelled is None):
        raise UsageError("select: give either --data or --unlabelled")
    if chosen.data is not None:
        best, table = by_labels(
            chosen.candidates, find_pairs(chosen.data, "val"), lambda path: engines_of(str(path))[0]
        )
    else:
        best, table = by_count(chosen.candidates, chosen.unlabelled, lambda path: engines_of(str(path))[0])
    print(f"{table}\n\nbest: {best}")


def run_relabel(chosen: argparse.Namespace) -> None:
    from training.data import find_pairs
    from training.relabel import relabel

    engines = engines_of(chosen.weights)
    drawn = [pair for pair in find_pairs(chosen.data, "train") if not pair.partial]
    done = relabel(engines, drawn, chosen.out)
    changed = [image for image in done if image.added]
    print(
        f"{sum(r.added for r in changed)} cells added to {len(changed)} of {len(done)} images: {chosen.out}"
    )


def run_pseudo(chosen: argparse.Namespace) -> None:
    from app.network.weights import find_weights
    from app.read import find_images
    from training.pseudo import Surety, pseudo

    images = find_images(chosen.unlabelled)
    if not images:
        raise UsageError(f"{chosen.unlabelled[0]}: holds no images that could be labelled")
    knows = network_of(find_weights(chosen.weights))
    surety = Surety(chosen.score, chosen.cells)
    done = pseudo(knows.engines, images, chosen.out, surety, knows)
    kept = [one for one in done if one.kept]
    sure, unsure = (sum(getattr(one, name) for one in kept) for name in ("sure", "unsure"))
    print(f"{len(kept)} of {len(done)} images: {sure} cells are sure, {unsure} are left open: {chosen.out}")


def run_check(chosen: argparse.Namespace) -> None:
    from training.check import check, report
    from training.data import all_pairs

    drawn = [pair for pair in all_pairs(chosen.data) if not pair.partial]
    print(report(check(drawn, chosen.out)))


def run_synthesise(chosen: argparse.Namespace) -> None:
    from training.synthetic import bank
    from training.synthetic.real import Real

    real = None if chosen.data is None else Real.find(chosen.data, chosen.without)
    print(bank(chosen.out, chosen.images, chosen.seed, real, chosen.workers, chosen.size, chosen.looks))


def run_ablate(chosen: argparse.Namespace) -> None:
    from training.ablate import ablate, table
    from training.data import find_pairs, load_samples, spread
    from training.sampling import named
    from training.settings import Phase

    phase = Phase.load(chosen.phase)
    phase = replace(phase, steps=chosen.steps or phase.steps)
    if chosen.frames is not None:
        run_ablate_films(chosen, phase)
        return
    train, val = (named(find_pairs(chosen.data, split), phase.sets) for split in ("train", "val"))
    val = spread(val, chosen.images or len(val))
    print(table(ablate(phase, load_samples(train), load_samples(val)), phase.steps))


def run_ablate_films(chosen: argparse.Namespace, phase: Phase) -> None:
    from training.filmtable import ablate_films, film_table, load_films

    if chosen.frames < 1:
        raise UsageError(f"--frames {chosen.frames}: a sample has one frame at least; the published has 5")
    if chosen.images is not None:
        raise UsageError("--images is for single images; leave it out with --frames")
    train, val = load_films(chosen.data, phase, chosen.frames)
    print(film_table(ablate_films(phase, train, val), phase.steps))


def run_calibrate(chosen: argparse.Namespace) -> None:
    from app.network.weights import find_weights
    from app.network.weights.index import write_calibration
    from training.calibration import calibrate
    from training.data import find_pairs, spread_sets

    weights = find_weights(chosen.weights)
    if Path(chosen.weights).is_file():
        raise UsageError(f"{chosen.weights}: one file has no index to write into; give a folder with it")
    pairs = spread_sets(find_pairs(chosen.data, chosen.split), chosen.per_set)
    done = calibrate(engines_of(chosen.weights, chosen.device, watch=True), pairs, chosen.modalities)
    print(f"{done.tried} settings on {len(pairs)} images of {chosen.split}\n\n{done.report}\n")
    if chosen.dry_run:
        return
    told = {"chosen_on": {"split": chosen.split, "images": len(pairs)}}
    print(f"written: {write_calibration(weights, done.calibration, told)}")


def run_specialise(chosen: argparse.Namespace) -> None:
    from app.network.weights import find_weights
    from training.data import find_pairs
    from training.looks import PER_KIND, drawn
    from training.settings import Phase
    from training.specialise import Candidates, add_looks, renew

    if chosen.weights.is_file():
        raise UsageError(f"{chosen.weights}: one file has no index to write into; give a folder with it")
    weights = find_weights(str(chosen.weights))
    phases = [Phase.load(path) for path in chosen.phases]
    if chosen.keep_looks:
        if chosen.add or chosen.reach or chosen.dab or chosen.rest or chosen.unclaimed:
            raise UsageError("--keep-looks: changes nothing but the networks; leave the other options out")
        print(f"{', '.join(phase.name for phase in phases)}: new networks; whose look is whose stays")
        if not chosen.dry_run:
            print(f"written: {renew(weights, phases, chosen.runs)}")
        return
    names = [phase.name for phase in phases]
    reaches = dict(chosen.reach)
    for option, name in (("--dab", chosen.dab), ("--rest", chosen.rest), *(("--reach", r) for r in reaches)):
        if name and name not in names:
            raise UsageError(f"{option} {name}: no such phase; {', '.join(names)}")
    engine: Any = engines_of(str(chosen.weights), chosen.device, watch=True)[0]
    train, val = (find_pairs(chosen.data, split) for split in ("train", "val"))
    if chosen.add:
        added = drawn(train, chosen.add)
        print(f"{len(added)} images of {', '.join(chosen.add)}; {PER_KIND} of each share are looked at")
        if not chosen.dry_run:
            print(f"written: {add_looks(weights, phases, engine, added, reaches)}")
        return
    found = Candidates.of(phases, chosen.runs, engine, train, val, chosen.unclaimed, reaches)
    print(found.report)
    if not chosen.dry_run:
        print(f"written: {found.write(weights, chosen.dab, chosen.rest)}")


def run_card(chosen: argparse.Namespace) -> None:
    from training.card import card
    from training.settings import Phase

    phases = [Phase.load(path) for path in chosen.phases]
    print(card(phases, chosen.runs, chosen.data, chosen.scores), end="")


def run_gallery(chosen: argparse.Namespace) -> None:
    from training.data import find_pairs
    from training.gallery import gallery

    engines = engines_of(chosen.weights, chosen.device)
    print(gallery(engines, find_pairs(chosen.data, chosen.split), chosen.out, chosen.count))


def has_folder(out: Path) -> None:
    """Raises UsageError where `out` could not be written, before minutes of work."""
    if not out.absolute().parent.is_dir():
        raise UsageError(f"{out}: its folder is not there; make it or choose another")


def network_of(weights: Weights, device: str = "auto") -> Network:
    """A pair with all that its weights know, on the inference path."""
    from app.network import Network, choose_device
    from training.passes import WINDOWS

    return Network.load(weights, choose_device(device), WINDOWS, exact=False)


def engines_of(weights: str, device: str = "auto", *, watch: bool = False) -> list[Engine]:
    """The models of a pair, on the inference path; with `watch` they tell what an image looks like, too."""
    from app.network.engines import choose_device, load_engines
    from app.network.weights import find_weights

    return load_engines(find_weights(weights), choose_device(device), watch=watch)
