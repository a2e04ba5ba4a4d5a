import sys, itertools, time
import torch, triton
import mamba_layer as layer, mamba_kernels as mk
C=triton.Config
def cfgs(warps, stages, **kw):
    return [C(dict(zip(kw, v)), num_warps=w, num_stages=s) for v in itertools.product(*kw.values()) for w in warps for s in stages]
wide={
 "_causal_conv1d_fwd_kernel": cfgs([2,4,8],[1],BLOCK_T=[4,8,16,32],BLOCK_D=[128,256,512,1024]),
 "_chunk_cumsum_fwd_kernel": cfgs([1,2,4,8],[1],BLOCK_H=[1,2,4,8,16,32]),
 "_chunk_state_fwd_kernel": cfgs([4,8],[1,2,3],BLOCK_P=[64],BLOCK_N=[64,128],BLOCK_I=[32,64,128]),
 "_state_passing_fwd_kernel": cfgs([1,2,4,8],[1],BLOCK=[128,256,512,1024,2048]),
 "_bmm_chunk_fwd_kernel": cfgs([4,8],[1,2],BLOCK_I=[64,128],BLOCK_J=[64,128],BLOCK_N=[64,128]),
 "_chunk_scan_fwd_kernel": cfgs([4,8],[1,2,3],BLOCK_I=[64,128],BLOCK_P=[64],BLOCK_J=[32,64,128],BLOCK_N=[64,128]),
}
tree="corrected"
mods=layer.load(tree)
tuned={n:v for m in mods.values() for n,v in vars(m).items() if isinstance(v, triton.runtime.Autotuner)}
for tokens in [int(t) for t in sys.argv[1:]]:
    print("copy, rate", mk.ceilings(), flush=True)
    todo=mk.calls(tree,tokens)
    minimum=mk.work(tokens)
    for n,k in tuned.items():
        k.cache.clear(); old=k.configs; k.configs=wide[n]
        t=time.time(); todo[n](); torch.cuda.synchronize()
        print("##", tokens, n, len(wide[n]), f"{time.time()-t:.0f}s", "min bytes ms at 3TB/s", minimum[n][0]/3e9, flush=True)
        for c,v in sorted(k.configs_timings.items(), key=lambda kv: kv[1][0])[:6]:
            print(f"   {v[0]:.4f}", c.kwargs, c.num_warps, c.num_stages)
        k.configs=old
    # CB in bf16
    modules=mods
    for n in ["all"]:
        print(n, mk.bench(todo[n]))
