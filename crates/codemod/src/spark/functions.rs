//! How this file spells a function of `pyspark.sql.functions`, and the import it takes to say so.

use super::Job;
use crate::edit::Edit;
use crate::python::{
    Bound, Expr, ExprCall, Model, Ranged, ScopeId, Stmt, StmtImportFrom, TextSize, TokenKind,
};

/// The module of column functions.
const FUNCTIONS: &str = "pyspark.sql.functions";

/// A name to call, and the edits that make it known.
pub(crate) struct Spelling {
    pub name: String,
    pub imports: Vec<Edit>,
}

/// Whether `call` runs `pyspark.sql.functions.<name>`.
pub(crate) fn is_function(model: &Model<'_>, scope: ScopeId, call: &ExprCall, name: &str) -> bool {
    let by_import = model
        .qualified(scope, &call.func)
        .is_some_and(|full| full == format!("{FUNCTIONS}.{name}"));
    by_import || is_starred_function(model, scope, &call.func, name)
}

fn is_starred_function(model: &Model<'_>, scope: ScopeId, callee: &Expr, name: &str) -> bool {
    let Expr::Name(callee) = callee else { return false };
    callee.id.as_str() == name
        && !model.is_bound(scope, name)
        && model.stars.iter().any(|(module, _)| module == FUNCTIONS)
}

impl<'a> Job<'a> {
    pub fn is_function(&self, scope: ScopeId, call: &ExprCall, name: &str) -> bool {
        is_function(&self.model, scope, call, name)
    }

    /// How to call `pyspark.sql.functions.<function>` at `at`: by a name the file already has, else by
    /// extending an import of that module, else by a new import. The error says why neither is possible.
    pub fn spell(&self, scope: ScopeId, at: TextSize, function: &str) -> Result<Spelling, String> {
        if let Some(name) = self.known_spelling(scope, at, function) {
            return Ok(Spelling { name, imports: Vec::new() });
        }
        if self.model.binds_anywhere(function) {
            // `broadcast = sc.broadcast(..)`: the bare name means something else.
            return self.spell_by_module(at, function);
        }
        let edit = match self.extendable_import() {
            Some(import) => self.extended(import, at, function)?,
            None => self.new_import(at, &format!("from {FUNCTIONS} import {function}"))?,
        };
        Ok(Spelling { name: function.to_owned(), imports: edit })
    }

    fn known_spelling(&self, scope: ScopeId, at: TextSize, function: &str) -> Option<String> {
        let direct = format!("{FUNCTIONS}.{function}");
        let import_of = |name: &String| {
            let binding = self.model.reaching(scope, name, at)?;
            let certain = binding.branch.is_none_or(|branch| branch.contains(at));
            match &binding.bound {
                Bound::Import(Some(full)) if certain => Some(full.clone()),
                _ => None,
            }
        };
        let imports: Vec<(&String, String)> =
            self.model.bindings.keys().filter_map(|n| import_of(n).map(|full| (n, full))).collect();
        if let Some((name, _)) = imports.iter().find(|(_, full)| *full == direct) {
            return Some((*name).clone());
        }
        if let Some((alias, _)) = imports.iter().find(|(_, full)| full == FUNCTIONS) {
            return Some(format!("{alias}.{function}"));
        }
        let starred = matches!(self.model.stars.as_slice(),
            [(module, end)] if module == FUNCTIONS && *end <= at);
        (starred && !self.model.binds_anywhere(function)).then(|| function.to_owned())
    }

    fn spell_by_module(&self, at: TextSize, function: &str) -> Result<Spelling, String> {
        if self.model.binds_anywhere("F") {
            return Err(format!("both `{function}` and `F` mean something else in this file"));
        }
        let imports = self.new_import(at, "from pyspark.sql import functions as F")?;
        Ok(Spelling { name: format!("F.{function}"), imports })
    }

    /// The last unconditional `from pyspark.sql.functions import a, b`.
    fn extendable_import(&self) -> Option<&'a StmtImportFrom> {
        self.source.module().body.iter().rev().find_map(|stmt| match stmt {
            Stmt::ImportFrom(import) if is_from(import, |module| module == FUNCTIONS) => {
                let named = import.names.iter().all(|alias| alias.name.as_str() != "*");
                named.then_some(import)
            }
            _ => None,
        })
    }

    fn extended(
        &self,
        import: &StmtImportFrom,
        at: TextSize,
        function: &str,
    ) -> Result<Vec<Edit>, String> {
        if import.range.end() > at {
            return Err("the import of the functions comes after their use".to_owned());
        }
        let last = import.names.last().ok_or("an import without names")?;
        let end = last.range.end();
        let eol = self.source.eol();
        let Some(indent) = self.source.indent_if_first(last.range.start()) else {
            return Ok(vec![Edit::insert(end, format!(", {function}"))]);
        };
        let (comma, comment) = self.behind_name(end);
        Ok(match (comma, comment) {
            (Some(comma), comment) => {
                let after = comment.unwrap_or(comma);
                vec![Edit::insert(after, format!("{eol}{indent}{function},"))]
            }
            (None, Some(comment)) if comment < import.range.end() => vec![
                Edit::insert(end, ","),
                Edit::insert(comment, format!("{eol}{indent}{function}")),
            ],
            (None, _) if self.source.after_backslash(last.range.start()) => {
                vec![Edit::insert(end, format!(", {function}"))]
            }
            (None, _) => vec![Edit::insert(end, format!(",{eol}{indent}{function}"))],
        })
    }

    /// Where a comma and a comment behind the last imported name end.
    fn behind_name(&self, end: TextSize) -> (Option<TextSize>, Option<TextSize>) {
        let mut tokens = self.source.tokens_from(end).peekable();
        let comma = tokens.next_if(|(kind, _)| *kind == TokenKind::Comma).map(|(_, at)| at.end());
        let comment =
            tokens.next_if(|(kind, _)| *kind == TokenKind::Comment).map(|(_, at)| at.end());
        (comma, comment)
    }

    fn new_import(&self, at: TextSize, line: &str) -> Result<Vec<Edit>, String> {
        let eol = self.source.eol();
        let body = &self.source.module().body;
        let Some(after) = import_to_follow(body) else {
            let start = body.first().map_or(TextSize::from(0), Ranged::start);
            return Ok(vec![Edit::insert(start, format!("{line}{eol}{eol}"))]);
        };
        if after.end() > at {
            return Err("the imports come after the use".to_owned());
        }
        if !self.source.ends_its_line(after.range()) {
            return Err("the last import shares its line with another statement".to_owned());
        }
        // Behind the end of the line, so that a comment stays with its import.
        let line_end = self.source.line_end(after.end());
        let gap = if after.is_expr_stmt() { eol } else { "" };
        Ok(vec![Edit::insert(line_end, format!("{eol}{gap}{line}"))])
    }
}

/// The last import of PySpark, else the last of the leading imports, else the docstring.
fn import_to_follow(body: &[Stmt]) -> Option<&Stmt> {
    let spark = body.iter().rfind(|stmt| match stmt {
        Stmt::ImportFrom(import) => is_from(import, |module| module.starts_with("pyspark")),
        _ => false,
    });
    let leading = body.iter().take_while(|stmt| match stmt {
        Stmt::Import(_) | Stmt::ImportFrom(_) => true,
        Stmt::Expr(expr) => expr.value.is_string_literal_expr(),
        _ => false,
    });
    spark.or_else(|| leading.last())
}

fn is_from(import: &StmtImportFrom, module: impl Fn(&str) -> bool) -> bool {
    import.level == 0 && import.module.as_ref().is_some_and(|name| module(name.as_str()))
}
