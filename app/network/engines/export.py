"""Makes the graph of an architecture: `python -m app.network.engines.export WEIGHTS`.

torch traces the network once; the tensors of the state dict are recognised
among the graph's constants by their bytes, and only their names are kept.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
from numpy.typing import NDArray

from ..architecture import Architecture
from ..weights.graph import GRAPHS, Graph

SIZE = 512  # px, of a window


def export(architecture: Architecture) -> Graph:
    """Traces the network of `architecture` with weights of chance, and forgets them."""
    import openvino as ov
    import torch
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder
    from openvino.passes import ConstantFolding, Manager

    from ..model import MEDIARFormer

    model = MEDIARFormer(architecture).eval()
    state = {key: value for key, value in model.state_dict().items() if value.is_floating_point()}
    for value in state.values():
        value.uniform_(0.5, 1.5)  # no two tensors alike, and no variance near zero
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer notes that sizes become constants, which is what we want
        decoder = TorchScriptPythonDecoder(model, example_input=(torch.rand(1, 3, SIZE, SIZE),))
        frontend = FrontEndManager().load_by_framework("pytorch")
        graph = frontend.convert(frontend.load(decoder))
    graph.reshape([1, 3, SIZE, SIZE])
    # sizes are known now, so all arithmetic on them folds: a third of the operations is left, and the
    # weights stay as they are, since batch norms are fused by the plugin only
    manager = Manager()
    manager.register_pass(ConstantFolding())
    manager.run_passes(graph)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.xml"
        ov.serialize(graph, path)
        return split(path, {key: value.numpy() for key, value in state.items()})


def split(path: Path, state: dict[str, NDArray[np.float32]]) -> Graph:
    """Tells weights from constants in a written graph, and lays the weights behind the constants."""
    tree = ET.parse(path)
    data = path.with_suffix(".bin").read_bytes()
    names = {value.tobytes(): key for key, value in state.items()}
    consts = tree.findall(".//layer[@type='Const']/data")
    places: dict[bytes, int] = {}  # of the constants
    constants = b""
    found = []
    for const in consts:
        content = data_of(const, data)
        if content in names:
            found.append((const, names[content]))
        else:
            if content not in places:
                places[content] = len(constants)
                constants += content + bytes(-len(content) % 64)
            const.set("offset", str(places[content]))
    missing = state.keys() - {key for _, key in found}
    if missing:
        raise RuntimeError(f"tensors that the graph does not show as they are: {sorted(missing)}")
    offsets, end = {}, len(constants)
    for key, value in state.items():
        offsets[key], end = end, end + value.nbytes
    for const, key in found:
        const.set("offset", str(offsets[key]))
    xml = ET.tostring(tree.getroot())
    return Graph(xml, np.frombuffer(constants, np.uint8), {key: value.shape for key, value in state.items()})


def data_of(const: ET.Element, data: bytes) -> bytes:
    """The bytes of one constant."""
    start, size = int(const.attrib["offset"]), int(const.attrib["size"])
    return data[start : start + size]


def main() -> int:
    """Writes the graph of each weights file given, or of the architectures that the project carries."""
    from ..architecture import COMPACT, OFFICIAL, WIDE
    from ..weights.states import read_shapes

    files = [Path(argument) for argument in sys.argv[1:]]
    found = [Architecture.from_shapes(read_shapes(file)) for file in files]
    for architecture in dict.fromkeys(found or [COMPACT, WIDE, Architecture(), OFFICIAL]):
        print(export(architecture).save(architecture, GRAPHS))
    return 0


if __name__ == "__main__":
    sys.exit(main())
