import sys, itertools, time, os
import torch, triton
import mamba_layer as layer, mamba_kernels as mk
C=triton.Config
def cfgs(warps, stages, **kw):
    return [C(dict(zip(kw, v)), num_warps=w, num_stages=s) for v in itertools.product(*kw.values()) for w in warps for s in stages]
scan=cfgs([4],[1],BLOCK_I=[64],BLOCK_P=[64],BLOCK_J=[32,64],BLOCK_N=[64,128])+cfgs([4],[2,3],BLOCK_I=[64],BLOCK_P=[64],BLOCK_J=[32],BLOCK_N=[128])+cfgs([8],[1,2],BLOCK_I=[128],BLOCK_P=[64],BLOCK_J=[32,64],BLOCK_N=[128])+cfgs([4],[1],BLOCK_I=[32],BLOCK_P=[64],BLOCK_J=[32],BLOCK_N=[128])
conv=cfgs([1,2,4],[1],BLOCK_T=[8,16,32],BLOCK_D=[64,128])
tree="corrected"
mods=layer.load(tree)
tuned={n:v for m in mods.values() for n,v in vars(m).items() if isinstance(v, triton.runtime.Autotuner)}
for k in tuned.values(): k.configs=k.configs[:1]
tokens=16384
for dt in ("float32","bfloat16"):
    mods["ssd_bmm"]._bmm_chunk_fwd.__defaults__=(getattr(torch,dt),)
    todo=mk.calls(tree,tokens)
    torch.cuda.synchronize()
    for name, cs in (("_chunk_scan_fwd_kernel", scan),("_causal_conv1d_fwd_kernel",conv),("_bmm_chunk_fwd_kernel", tuned["_bmm_chunk_fwd_kernel"].configs)):
        if name.startswith("_causal") and dt=="bfloat16": continue
        k=tuned[name]
        res=[]
        for c in cs:
            k.configs=[c]
            todo[name](); torch.cuda.synchronize()
            res.append((round(mk.bench(todo[name]),4), c.kwargs, c.num_warps, c.num_stages))
        for r in sorted(res, key=lambda r:r[0])[:9]: print(dt, name, *r, flush=True)
