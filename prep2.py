import sys; sys.path.insert(0,'/tmp/h/bench/main/benchmarks')
from pathlib import Path
import whole_service as w
h=Path('/tmp/h/bench/n0'); d=w.Deployment(h)
held=[p for p in (h/'later').rglob('*.*') if p.is_file()]
w.move(held,h/'later',h/'landing')
d.run('ingest',[*w.MARQUEE,'ingest']); print(d.costs, flush=True)
