//! Packages of any number of rules, as large organisations grow them: resource types with a handful of actions each, rules
//! for groups and folders, conditions over attributes and the context, functions and roles. The same number gives the same
//! text.

use std::fmt::Write;

/// How many rules a resource type has.
const RULES_PER_TYPE: usize = 100;

/// The sources of a package with so many rules, one file for every ten resource types.
#[must_use]
pub fn package(rules: usize) -> Vec<(String, String)> {
    let types = rules.div_ceil(RULES_PER_TYPE).max(1);
    let mut files = vec![("schema.dictum".to_owned(), schema())];
    for (number, chunk) in (0..types).collect::<Vec<_>>().chunks(10).enumerate() {
        let mut text = String::new();
        for &ty in chunk {
            resource(&mut text, ty);
            let first = ty * RULES_PER_TYPE;
            (first..rules.min(first + RULES_PER_TYPE)).for_each(|at| rule(&mut text, ty, at));
        }
        files.push((format!("rules{number}.dictum"), text));
    }
    files
}

fn schema() -> String {
    r#"/// People.
entity User in Group { department: String, clearance: Clearance, level: Int, suspended: Bool, manager?: User, labels: Set<String> }
entity Service in Group { department: String, level: Int, suspended: Bool }
entity Group in Group
entity Folder in Folder { owner: User, department: String }
ordered enum Clearance { open, internal, secret }
context { now: Timestamp, ip: Ip, mfa: Bool, auth_time: Timestamp, reason?: String }
const fresh = 15m
fn recent(now: Timestamp, auth: Timestamp) = now - auth < fresh
fn manages(boss: User, of: User) = of has manager and of.manager == boss
obligation audit { level: Int }

"#
    .to_owned()
}

fn resource(out: &mut String, ty: usize) {
    // Writing to a string does not fail.
    let _ = write!(
        out,
        r#"entity Doc{ty} in Folder {{ owner: User, department: String, level: Int, public: Bool, state: String, expires?: Timestamp, tags: Map<String>, readers: Set<User> }}
action edit{ty}
action read{ty}, list{ty} by User, Service on Doc{ty}
action write{ty}, rename{ty} in edit{ty} by User on Doc{ty}
action delete{ty} by User on Doc{ty}
role viewer{ty} on Doc{ty} {{ read{ty}, list{ty} }}
role editor{ty} on Doc{ty} includes viewer{ty} {{ edit{ty} }}
role owner{ty} on Doc{ty} includes editor{ty} {{ delete{ty} }} held when principal is User and principal == resource.owner

"#
    );
}

/// The rule of a number: one of ten forms, with constants of its own.
fn rule(out: &mut String, ty: usize, at: usize) {
    let (group, level) = (at % 997, at % 13);
    let _ = match at % 10 {
        0 => writeln!(
            out,
            "r{at}: permit User in Group::\"g{group}\" to read{ty}, list{ty} on Doc{ty} when principal.department == resource.department and resource.level <= {level}"
        ),
        1 => writeln!(
            out,
            "r{at}: permit User, Service to read{ty} on Doc{ty} in Folder::\"f{at}\" when resource.public or principal.level > {level}"
        ),
        2 => writeln!(
            out,
            "r{at}: permit User to edit{ty} on Doc{ty} when principal == resource.owner and resource.state == \"draft{group}\""
        ),
        3 => writeln!(
            out,
            "r{at}: forbid User to any on Doc{ty} when principal.suspended and resource.level > {level} and context.ip in ip\"10.{}.{}.0/24\" because \"suspended\"",
            at % 256,
            group % 256
        ),
        4 => writeln!(
            out,
            "r{at}: permit User to write{ty} on Doc{ty} when resource has expires and resource.expires > context.now and principal.clearance >= internal and principal.level == {at}"
        ),
        5 => writeln!(
            out,
            "r{at}: permit editor{ty} to delete{ty} on Doc{ty} when recent(context.now, context.auth_time) and resource.department == \"d{at}\" with audit {{ level: resource.level }}"
        ),
        6 => writeln!(
            out,
            "r{at}: permit User to read{ty} on Doc{ty} when principal in resource.readers or manages(principal, resource.owner) or resource.state like \"*-{at}\""
        ),
        7 => writeln!(
            out,
            "r{at}: forbid User to delete{ty} on Doc{ty} in Folder::\"legal{group}\" unless context.mfa and principal.labels contains \"hold{at}\" because \"legal hold\""
        ),
        8 => writeln!(
            out,
            "r{at}: permit User::\"u{at}\" to edit{ty} on Doc{ty}::\"d{at}\" when not (resource has expires) or context.now < time\"2030-01-01\""
        ),
        _ => writeln!(
            out,
            "r{at}: permit User to list{ty} on Doc{ty} when (resource.tags[\"k{group}\"] ?? \"\") == principal.department and (any l in principal.labels: l == \"x{at}\")"
        ),
    };
}

#[cfg(test)]
mod tests {
    use dictum_syntax::source::Sources;

    use super::package;

    #[test]
    fn a_package_compiles() {
        let mut sources = Sources::new();
        for (name, text) in package(250) {
            sources.add(name, text);
        }
        let (program, diagnostics) = dictum_compiler::compile(&sources);
        let program = program.unwrap_or_else(|| panic!("{diagnostics:#?}"));
        // The roles' bodies are rules too.
        assert_eq!(program.rules.len(), 250 + 3 * 3);
    }
}
