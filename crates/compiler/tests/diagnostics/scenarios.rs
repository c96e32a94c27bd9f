//! Fixtures and tests.

use super::policy;

#[test]
fn fixtures() {
    policy(
        r#"
entity U in G { n: Int, d?: Decimal }
entity G
entity D
action r by U on D
fixture f {
  U::"a"
  U::"b" in D::"x", G::"g" { n: 1, z: 2 }
  G::"h" in G::"g"
  U::"c" { n: 1, n: 2, d: 1 }
  U::"d" { n: principal.n }
  U::"e" { n: 9223372036854775807 + 1 }
  X::"f" { n: "x" }
  U::"b" { n: 1 + 2 }
}
"#,
        r#"
        D0406 6:3 the attribute `n` is missing
        help: add `n: …`, a value of type `Int`
        D0404 7:13 a `U` cannot have a `D` as its parent
        help: its parents are of type `G`
        D0304 7:36 there is no attribute `z`
        help: the attributes are `d` and `n`
        D0404 8:13 a `G` cannot have a `G` as its parent
        help: if it can, declare it: `entity G in G`
        D0202 9:18 the attribute `n` is given twice
        D0301 9:27 expected a value of type `Decimal`, found one of type `Int`
        help: write `1.0`: nothing converts implicitly
        D0308 10:15 the value here must be a constant
        help: there is no request yet: write the value itself
        D0308 11:15 this value overflows, so that there is none
        help: write a number within 64 bits
        D0201 12:3 there is no entity type `X`
        D0408 13:3 `U::"b"` is described twice
        7:3 first described here
        "#,
    );
    policy(
        r#"
entity G in G
fixture f {
  G::"a" in G::"b"
  G::"b" in G::"c"
  G::"c" in G::"a"
  G::"d" in G::"d"
}
"#,
        r#"
        D0408 3:3 `G::"a"` lies in itself: it is in `G::"b"`, which is in `G::"c"`, which is in `G::"a"`
        help: take one of them out of its parent
        D0408 6:3 `G::"d"` lies in itself: it is in `G::"d"`
        help: take one of them out of its parent
        "#,
    );
}

#[test]
fn grants() {
    policy(
        r#"
entity U
entity O in O
entity D in O
entity E
action r by U on D
role a on D { r }
role b on D { r } held when true
fixture f {
  grant a on D::"x" to U::"u" until time"2026-01-01"
  grant b on D::"x" to U::"u"
  grant a on E::"x" to U::"u"
  grant a on O::"x" to E::"x"
  grant aa on anything to U::"u" until 3
}
"#,
        "
        D0503 9:37 this grant cannot expire: requests do not carry the time
        help: declare it for every request: `context { now: Timestamp }`
        D0503 10:9 the role `b` cannot be granted: only its condition says who holds it
        help: to grant it too, declare it `held by grant or when …`
        D0503 11:14 the role `a` is on `D`, and none of these is ever in a `E`
        help: grant it on one of these, on something that they are in, or on `anything`
        D0503 12:24 no principal is ever in a `E`
        help: principals are of type `U`
        D0201 13:9 there is no role `aa`
        D0301 13:40 expected a value of type `Timestamp`, found one of type `Int`
        ",
    );
}

#[test]
fn tests() {
    policy(
        r#"
entity U
entity S
entity D
context { risk: Int, ip?: Ip }
action g
action r in g by U on D
action w by U on D { why: String }
role a on D { r }
role e on D includes a {}
p: permit U to r on D
f: forbid U to r on D when principal == U::"x"
n: forbid U to r on D when 1 == 2 and false
test "requests" using fx {
  context { risk: 1 }
  allow S::"x" to r on D::"x"
  allow U::"x" to r on U::"x"
  allow U::"x" to g on D::"x"
  allow U::"x" to q on D::"x"
}
test "rules" {
  context { risk: 1, why: "x" }
  allow U::"x" to r on D::"x" by p, f, q
  deny U::"x" to r on D::"x" by f, p
  allow U::"x" to r on D::"x" by e
  allow U::"x" to w on D::"x" by p
  deny U::"x" to r on D::"x" by n
}
test "contexts" {
  context { risk: "x", whi: "x" }
  allow U::"x" to r on D::"x"
  allow U::"x" to w on D::"x" given { why: 3, foo: 4 }
}
test "no context" { allow U::"x" to r on D::"x" }
test "shared" {
  context { risk: 1, why: "x" }
  allow U::"x" to r on D::"x"
  allow U::"x" to w on D::"x" given { risk: 2 }
}
test "of no case" {
  context { risk: 1, why: 3 }
  allow U::"x" to r on D::"x"
  allow U::"y" to r on D::"x"
}
test "one case" { context { risk: 1, why: "x" } allow U::"x" to r on D::"x" }
"#,
        r#"
        D0201 13:23 there is no fixture `fx`
        D0409 15:9 `r` is not for principals of type `S`
        help: it is for `U`
        D0409 16:24 `r` by a `U` does not apply to resources of type `U`
        help: it applies to `D`
        D0405 17:19 `g` is a group of actions, and a request is for one action
        help: its actions are `r`
        D0201 18:19 there is no action `q`
        D0306 22:37 `f` forbids, so nothing is ever allowed by it
        D0201 22:40 there is no rule or role `q`
        D0306 23:36 `p` permits, so nothing is ever denied by it
        help: leave `by` out where no rule permits: that is denied by default
        D0306 24:34 the role `e` lists no actions, so it never decides
        help: name the role that lists the action: a role that includes it has its permissions
        D0306 25:34 `p` never fires for `w` by a `U` on a `D`
        D0306 26:33 `n` never fires for `r` by a `U` on a `D`
        D0301 29:19 expected a value of type `Int`, found one of type `String`
        D0304 29:24 there is no context field `whi`
        help: the context fields are `ip` and `risk`
        D0301 31:44 expected a value of type `String`, found one of type `Int`
        help: text is written in quotes: `"3"`
        D0304 31:47 there is no context field `foo`
        help: the context fields are `ip`, `risk` and `why`
        D0406 33:21 the context field `risk` is missing
        help: start the test with `context { risk: … }`
        D0301 40:27 expected a value of type `String`, found one of type `Int`
        help: text is written in quotes: `"3"`
        D0304 44:38 there is no context field `why`
        help: the context fields are `ip` and `risk`
        "#,
    );
}

#[test]
fn one_mistake_is_one_error() {
    policy(
        r#"entity U { a: Int, b: Int }
context { mfa: Bool, ip: Ip, now: Timestamp }
action r by U on U
role e on U { r }
permit e in U::"a" to r on U
fixture f { U::"a" }
test "none" {
  allow U::"a" to r on U::"b"
  deny U::"b" to r on U::"a"
}
test "misspelt" {
  context { mfaa: true, ip: ip"::1", now: time"2026-01-05" }
  allow U::"a" to r on U::"b"
}
"#,
        "
        D0204 5:8 `e` is a role; `in` is for entity types
        help: write `permit e to … when principal in …`
        D0406 6:13 the attributes `a` and `b` are missing
        help: add `a: …, b: …`
        D0406 8:3 the context fields `ip`, `mfa` and `now` are missing
        help: start the test with `context { ip: …, mfa: …, now: … }`
        D0304 12:13 there is no context field `mfaa`
        help: did you mean `mfa`?
        ",
    );
}
