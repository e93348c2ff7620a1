//! Finds modules that need each other.
//!
//! A module needs another one when its code names something that is defined there. A name is followed through `pub use`
//! and through what a parent has imported for its children, to the module that defines it. Declaring a child (`mod a;`)
//! and re-exporting its names (`pub use a::B;`) are not needs. Tests are left out: they may need anything.

use std::collections::{BTreeMap, BTreeSet};

use super::tokens::tokens;

/// A module as the names on the path from the root of its crate; the root is empty.
type Module = Vec<String>;

/// The most re-exports of re-exports that are followed: more are an endless loop.
const STEPS_MAX: usize = 10;

/// The imports and names of a file.
#[derive(Default)]
struct Source {
    imports: Vec<Import>,
    /// Words and paths in its code.
    paths: Vec<Vec<String>>,
}

struct Import {
    path: Vec<String>,
    /// The name of the import in this file.
    name: String,
    /// Whether it is a `pub use`.
    is_passed_on: bool,
}

/// All modules of a crate.
struct Crate<'a>(&'a BTreeMap<Module, Source>);

/// Groups of modules, as their paths, that can be reached from each other. `files` are paths below the folder of
/// sources in order, and texts.
pub(super) fn circles<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Vec<String>> {
    let mut sources: BTreeMap<Module, Source> = BTreeMap::new();
    for (path, text) in files {
        // Beside `lib.rs` a `main.rs` is a crate of its own, and comes after it.
        sources.entry(module_of(path)).or_insert_with(|| Source::read(text));
    }
    let all = Crate(&sources);
    let needs: BTreeMap<&Module, BTreeSet<Module>> =
        sources.iter().map(|(module, source)| (module, all.needs(module, source))).collect();
    let reached: BTreeMap<&Module, BTreeSet<&Module>> =
        needs.keys().map(|module| (*module, reach(module, &needs))).collect();
    let mut circles: BTreeSet<Vec<String>> = BTreeSet::new();
    for (module, others) in reached.iter().filter(|(module, others)| others.contains(*module)) {
        let back = others.iter().filter(|other| reached[*other].contains(module));
        circles.insert(back.map(|other| other.join("::")).collect());
    }
    circles.into_iter().collect()
}

/// The module of a path: `shard/rooms.rs` is `shard::rooms`; `lib.rs` and `main.rs` are the root.
fn module_of(path: &str) -> Module {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    if matches!(path, "lib" | "main") {
        return Module::new();
    }
    path.split('/').map(str::to_owned).collect()
}

/// Collects all modules that a module needs, directly or through others.
fn reach<'a>(
    from: &Module,
    needs: &'a BTreeMap<&'a Module, BTreeSet<Module>>,
) -> BTreeSet<&'a Module> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&Module> = needs[from].iter().collect();
    while let Some(module) = open.pop() {
        if reached.insert(module) {
            open.extend(needs.get(module).into_iter().flatten());
        }
    }
    reached
}

impl Source {
    fn read(text: &str) -> Self {
        let mut source = Self::default();
        let tokens = tokens(text);
        let mut rest = tokens.as_slice();
        let (mut before, mut before_that) = ("", "");
        while let Some((first, after)) = rest.split_first() {
            rest = after;
            if *first == "use" {
                let is_passed_on = matches!(before, "pub" | ")");
                let end = rest.iter().position(|token| *token == ";").unwrap_or(rest.len());
                source.import(&[], is_passed_on, &mut rest[..end].iter().copied());
                rest = &rest[end..];
            } else if *first == "mod" {
                // Declaring a child names the child and is no need.
                rest = rest.get(1..).unwrap_or_default();
            } else if is_word(first) {
                let mut path = vec![(*first).to_owned()];
                while let ["::", next, ..] = rest
                    && is_word(next)
                {
                    path.push((*next).to_owned());
                    rest = &rest[2..];
                }
                // `pub(in a::b)` is only a visibility; a word before a colon is the name of a field.
                let is_name = path.len() == 1 && rest.first() == Some(&":");
                if (before_that, before) != ("(", "in") && !is_name {
                    source.paths.push(path);
                }
            }
            (before_that, before) = (before, first);
        }
        source
    }

    /// Reads `a::{b, c as d}` up to its end or the closing brace.
    fn import(
        &mut self,
        prefix: &[String],
        is_passed_on: bool,
        tokens: &mut dyn Iterator<Item = &str>,
    ) {
        let mut path = prefix.to_vec();
        let mut name = None;
        loop {
            match tokens.next() {
                Some("::") => {}
                Some("{") => {
                    self.import(&path, is_passed_on, tokens);
                    path.truncate(prefix.len());
                }
                Some("as") => name = tokens.next().map(str::to_owned),
                Some(word) if word != "," && word != "}" => path.push(word.to_owned()),
                end => {
                    if path.len() > prefix.len() {
                        path.pop_if(|last| last == "self");
                        let name = name.take().or_else(|| path.last().cloned()).unwrap_or_default();
                        self.imports.push(Import { path, name, is_passed_on });
                        path = prefix.to_vec();
                    }
                    if end != Some(",") {
                        return;
                    }
                }
            }
        }
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

impl Crate<'_> {
    /// The modules that this module needs.
    fn needs(&self, module: &Module, source: &Source) -> BTreeSet<Module> {
        let imports = source.imports.iter().filter(|import| {
            !import.is_passed_on || source.paths.iter().any(|path| path[0] == import.name)
        });
        let imports = imports.filter_map(|import| self.absolute(module, &import.path));
        // An import of a whole module is no need: the names used from it are.
        let imports = imports.filter(|path| !self.0.contains_key(path));
        let paths = source.paths.iter().filter(|path| path.len() > 1);
        let paths = paths.filter_map(|path| {
            let imported = self.imported(module, &path[0]);
            imported
                .map(|start| [start.as_slice(), &path[1..]].concat())
                .or_else(|| self.absolute(module, path))
        });
        let needed = imports.chain(paths).map(|path| self.definer(&path));
        needed.filter(|needed| needed != module).collect()
    }

    /// The path from the root of the crate, if the path is within the crate.
    fn absolute(&self, module: &Module, path: &[String]) -> Option<Vec<String>> {
        let ups = path.iter().take_while(|name| *name == "super").count();
        let (base, rest) = match path.first()?.as_str() {
            "crate" => (&module[..0], &path[1..]),
            "self" => (module.as_slice(), &path[1..]),
            "super" => (&module[..module.len().checked_sub(ups)?], &path[ups..]),
            child => {
                let mut child_module = module.clone();
                child_module.push(child.to_owned());
                self.0.get(&child_module)?;
                (module.as_slice(), path)
            }
        };
        Some([base, rest].concat())
    }

    /// The path of a name in a module that imports it.
    fn imported(&self, module: &Module, name: &str) -> Option<Vec<String>> {
        let import = self.0.get(module)?.imports.iter().find(|import| import.name == name)?;
        self.absolute(module, &import.path)
    }

    /// The module that defines a path from the root.
    fn definer(&self, path: &[String]) -> Module {
        let mut path = path.to_vec();
        for _ in 0..STEPS_MAX {
            let length =
                (0..=path.len()).rev().find(|length| self.0.contains_key(&path[..*length]));
            let (module, rest) = path.split_at(length.unwrap_or(0));
            let Some(start) = rest.first().and_then(|name| self.imported(&module.to_vec(), name))
            else {
                return module.to_vec();
            };
            path = [start.as_slice(), &rest[1..]].concat();
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        circles(files.iter().copied()).into_iter().map(|circle| circle.join(" ")).collect()
    }

    #[test]
    fn modules_that_need_each_other_are_found() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c; pub use c::C;"),
            ("a.rs", "use crate::b::B; struct A(B);"),
            ("b.rs", "fn b(_: crate::C) {}"),
            ("c.rs", "use crate::{a::{self, X as Y}, d::D}; struct C(a::A);"),
            ("d.rs", "struct D;"),
        ];
        assert_eq!(found(&files), ["a b c"]);
    }

    #[test]
    fn a_parent_may_re_export_names_of_its_children_and_children_may_use_them() {
        let files = [
            ("a.rs", "mod b; mod c; pub use b::B;"),
            ("a/b.rs", "struct B; fn d() { super::c::d() }"),
            ("a/c.rs", "fn d() {}"),
            ("a/c/e.rs", "use super::super::B; #[cfg(x)] use crate::a::B as F;"),
        ];
        assert_eq!(found(&files), [""; 0]);
        let is_called_as_its_child =
            [("a.rs", "mod b; pub use b::b;"), ("a/b.rs", "fn b(_: super::A) {}")];
        assert_eq!(found(&is_called_as_its_child), [""; 0]);
        let has_a_field_of_its_name = [
            ("a.rs", "mod b; pub use b::c; struct A { c: u8 }"),
            ("a/b.rs", "fn c(_: super::A) {}"),
        ];
        assert_eq!(found(&has_a_field_of_its_name), [""; 0]);
        let uses_it = ("a.rs", "mod b; pub use b::B; struct A(B);");
        let is_used = ("a/b.rs", "struct B; impl B { fn a() -> super::A {} }");
        assert_eq!(found(&[uses_it, is_used]), ["a a::b"]);
        let is_for_its_parent = ("a/b.rs", "pub(in crate::a) struct B;");
        assert_eq!(found(&[uses_it, is_for_its_parent]), [""; 0]);
    }
}
