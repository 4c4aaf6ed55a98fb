//! Fills the model in one walk over the tree.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    Comprehension, ExceptHandler, ModModule, Parameters, Pattern, StmtClassDef, StmtImport,
};

use super::scopes::{Binding, Load, Scope, StringPiece};
use super::{
    Bound, CallSite, Expr, InterpolatedStringElement, Model, Ranged, ScopeId, ScopeKind, Stmt,
    StmtFunctionDef, StmtImportFrom, TextRange, TextSize, dotted,
};

impl<'a> Model<'a> {
    pub fn of(module: &'a ModModule) -> Self {
        let mut walk = Walk {
            model: Model::default(),
            scope: 0,
            stmts: Vec::new(),
            branches: Vec::new(),
            loops: Vec::new(),
            bodies_branch: false,
            globals: Vec::new(),
        };
        walk.model.scopes.push(Scope {
            parent: None,
            kind: ScopeKind::Module,
            range: module.range,
            function: None,
        });
        for stmt in &module.body {
            walk.visit_stmt(stmt);
        }
        walk.model
    }
}

struct Walk<'a> {
    model: Model<'a>,
    scope: ScopeId,
    stmts: Vec<&'a Stmt>,
    branches: Vec<TextRange>,
    loops: Vec<TextRange>,
    /// Whether the statement being walked runs its bodies only perhaps.
    bodies_branch: bool,
    /// Names declared `global` or `nonlocal`, with the scope that said so.
    globals: Vec<(ScopeId, &'a str)>,
}

impl<'a> Walk<'a> {
    fn bind(&mut self, name: &str, bound: Bound<'a>, end: TextSize) {
        self.bind_in(self.scope, name, bound, end);
    }

    fn bind_in(&mut self, owner: ScopeId, name: &str, bound: Bound<'a>, end: TextSize) {
        let declared =
            self.globals.iter().any(|(scope, global)| *scope == owner && *global == name);
        let owner = if declared { 0 } else { owner };
        let binding = Binding {
            bound: if declared { Bound::Other } else { bound },
            made_in: self.scope,
            end,
            branch: self.branches.last().copied(),
            turns: self.loops.first().copied(),
        };
        let by_scope = self.model.bindings.entry(name.to_owned()).or_default();
        by_scope.entry(owner).or_default().push(binding);
    }

    fn bind_target(&mut self, target: &'a Expr, value: Option<&'a Expr>, end: TextSize) {
        match target {
            Expr::Name(name) => {
                self.bind(name.id.as_str(), value.map_or(Bound::Other, Bound::Value), end);
            }
            Expr::Attribute(_) => self.bind_attribute(target, value, end),
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|e| self.bind_target(e, None, end)),
            Expr::List(list) => list.elts.iter().for_each(|e| self.bind_target(e, None, end)),
            Expr::Starred(starred) => self.bind_target(&starred.value, None, end),
            _ => {}
        }
    }

    fn bind_attribute(&mut self, target: &'a Expr, value: Option<&'a Expr>, end: TextSize) {
        let Some(name) = dotted(target) else { return };
        let parent = self.model.scopes[self.scope].parent;
        let class = parent.filter(|p| self.model.scopes[*p].kind == ScopeKind::Class);
        let owner = if name.starts_with("self.") { class } else { None };
        let bound = value.map_or(Bound::Other, Bound::Value);
        self.bind_in(owner.unwrap_or(self.scope), &name, bound, end);
    }

    /// Walks `inside` in a scope of its own; branches and loops around it say nothing about its bindings.
    fn in_scope(
        &mut self,
        kind: ScopeKind,
        range: TextRange,
        function: Option<&'a StmtFunctionDef>,
        inside: impl FnOnce(&mut Self),
    ) {
        self.model.scopes.push(Scope { parent: Some(self.scope), kind, range, function });
        let outer = std::mem::replace(&mut self.scope, self.model.scopes.len() - 1);
        let branches = std::mem::take(&mut self.branches);
        let loops = std::mem::take(&mut self.loops);
        let bodies_branch = std::mem::replace(&mut self.bodies_branch, false);
        inside(self);
        self.scope = outer;
        self.branches = branches;
        self.loops = loops;
        self.bodies_branch = bodies_branch;
    }

    fn bind_parameters(&mut self, parameters: &'a Parameters) {
        let plain = parameters.posonlyargs.iter().chain(&parameters.args);
        for (index, p) in plain.chain(&parameters.kwonlyargs).enumerate() {
            let annotation = p.parameter.annotation.as_deref();
            let bound = Bound::Parameter { index, annotation };
            self.bind(p.parameter.name.as_str(), bound, p.range.end());
        }
        for p in parameters.vararg.iter().chain(&parameters.kwarg) {
            self.bind(p.name.as_str(), Bound::Other, p.range.end());
        }
    }

    fn function(&mut self, function: &'a StmtFunctionDef) {
        for decorator in &function.decorator_list {
            self.visit_decorator(decorator);
        }
        visitor::walk_parameters(self, &function.parameters);
        if let Some(returns) = &function.returns {
            self.visit_annotation(returns);
        }
        self.model.functions.push((function, self.scope));
        self.bind(function.name.as_str(), Bound::Function(function), function.name.range.end());
        self.in_scope(ScopeKind::Function, function.range, Some(function), |walk| {
            walk.bind_parameters(&function.parameters);
            walk.block(&function.body);
        });
    }

    fn class(&mut self, class: &'a StmtClassDef) {
        for decorator in &class.decorator_list {
            self.visit_decorator(decorator);
        }
        if let Some(arguments) = &class.arguments {
            self.visit_arguments(arguments);
        }
        self.bind(class.name.as_str(), Bound::Other, class.name.range.end());
        self.in_scope(ScopeKind::Class, class.range, None, |walk| walk.block(&class.body));
    }

    fn block(&mut self, body: &'a [Stmt]) {
        for stmt in body {
            self.visit_stmt(stmt);
        }
    }

    fn import(&mut self, import: &'a StmtImport) {
        for alias in &import.names {
            let full = alias.name.as_str();
            let root = full.split('.').next().unwrap_or(full);
            let (name, full) = alias.asname.as_ref().map_or((root, root), |n| (n.as_str(), full));
            self.bind(name, Bound::Import(Some(full.to_owned())), import.range.end());
        }
    }

    fn import_from(&mut self, import: &'a StmtImportFrom) {
        let module = import.module.as_ref().map_or("", |m| m.as_str());
        for alias in &import.names {
            if alias.name.as_str() == "*" {
                self.model.stars.push((module.to_owned(), import.range.end()));
                continue;
            }
            let name = alias.asname.as_ref().unwrap_or(&alias.name);
            let full = (import.level == 0).then(|| format!("{module}.{}", alias.name));
            self.bind(name.as_str(), Bound::Import(full), import.range.end());
        }
    }

    /// What a statement binds itself, beside what its parts bind.
    fn bindings_of(&mut self, stmt: &'a Stmt) {
        let end = stmt.range().end();
        match stmt {
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    self.bind_target(target, Some(&assign.value), end);
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = assign.value.as_deref() {
                    self.bind_target(&assign.target, Some(value), end);
                }
            }
            Stmt::AugAssign(assign) => self.bind_target(&assign.target, None, end),
            Stmt::For(each) => self.bind_target(&each.target, None, each.target.range().end()),
            Stmt::With(with) => {
                for item in &with.items {
                    if let Some(target) = &item.optional_vars {
                        self.bind_target(target, Some(&item.context_expr), item.range.end());
                    }
                }
            }
            Stmt::Delete(delete) => {
                delete.targets.iter().for_each(|target| self.bind_target(target, None, end));
            }
            Stmt::Global(global) => {
                self.globals.extend(global.names.iter().map(|n| (self.scope, n.as_str())));
            }
            Stmt::Nonlocal(nonlocal) => {
                self.globals.extend(nonlocal.names.iter().map(|n| (self.scope, n.as_str())));
            }
            Stmt::Return(returned) => {
                if let Some(value) = returned.value.as_deref() {
                    self.model.returns.push((self.scope, value));
                }
            }
            _ => {}
        }
    }

    fn comprehension(&mut self, generators: &'a [Comprehension], whole: &'a Expr) {
        self.in_scope(ScopeKind::Expression, whole.range(), None, |walk| {
            for generator in generators {
                // Bound from the start, because the element is written before its `for`.
                walk.bind_target(&generator.target, None, whole.range().start());
            }
            visitor::walk_expr(walk, whole);
        });
    }
}

impl<'a> Visitor<'a> for Walk<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.stmts.push(stmt);
        let branching = matches!(
            stmt,
            Stmt::If(_) | Stmt::Try(_) | Stmt::For(_) | Stmt::While(_) | Stmt::Match(_)
        );
        let looping = matches!(stmt, Stmt::For(_) | Stmt::While(_));
        let outer = std::mem::replace(&mut self.bodies_branch, branching);
        if looping {
            self.loops.push(stmt.range());
            self.model.loops.push(stmt);
        }
        match stmt {
            Stmt::FunctionDef(function) => self.function(function),
            Stmt::ClassDef(class) => self.class(class),
            // A docstring says nothing about what the code uses.
            Stmt::Expr(expr) if expr.value.is_string_literal_expr() => {}
            _ => {
                self.bindings_of(stmt);
                visitor::walk_stmt(self, stmt);
            }
        }
        if looping {
            self.loops.pop();
        }
        self.bodies_branch = outer;
        self.stmts.pop();
    }

    fn visit_body(&mut self, body: &'a [Stmt]) {
        let (Some(first), Some(last)) = (body.first(), body.last()) else { return };
        let branch = self.bodies_branch;
        if branch {
            self.branches.push(TextRange::new(first.start(), last.end()));
        }
        self.block(body);
        if branch {
            self.branches.pop();
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(inner) = handler;
        if let Some(name) = &inner.name {
            self.bind(name.as_str(), Bound::Other, name.range.end());
        }
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchAs(capture) => capture.name.as_ref(),
            Pattern::MatchStar(capture) => capture.name.as_ref(),
            Pattern::MatchMapping(capture) => capture.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = name {
            self.bind(name.as_str(), Bound::Other, name.range.end());
        }
        visitor::walk_pattern(self, pattern);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Call(call) => {
                if let Some(stmt) = self.stmts.last().copied() {
                    self.model.calls.push(CallSite { call, scope: self.scope, stmt });
                }
            }
            Expr::StringLiteral(string) => {
                let text = string.value.to_str().to_owned();
                self.model.strings.push(StringPiece { range: string.range, text });
            }
            Expr::FString(string) => {
                for element in string.value.elements() {
                    if let InterpolatedStringElement::Literal(piece) = element {
                        let text = piece.value.to_string();
                        self.model.strings.push(StringPiece { range: piece.range, text });
                    }
                }
            }
            Expr::Attribute(attribute) => {
                self.model.attributes.push((attribute.range, attribute.attr.id.as_str()));
            }
            Expr::Subscript(subscript) => self.model.subscripts.push(subscript.range),
            Expr::Yield(_) | Expr::YieldFrom(_) => self.model.yields.push(expr.range()),
            Expr::Name(name) if name.ctx.is_load() => {
                self.model.loads.push(Load { name: name.id.as_str(), range: name.range });
            }
            Expr::Named(named) => {
                self.bind_target(&named.target, Some(&named.value), named.range.end());
            }
            Expr::Lambda(lambda) => {
                self.in_scope(ScopeKind::Expression, lambda.range, None, |walk| {
                    if let Some(parameters) = &lambda.parameters {
                        walk.bind_parameters(parameters);
                    }
                    visitor::walk_expr(walk, expr);
                });
                return;
            }
            Expr::ListComp(comp) => return self.comprehension(&comp.generators, expr),
            Expr::SetComp(comp) => return self.comprehension(&comp.generators, expr),
            Expr::DictComp(comp) => return self.comprehension(&comp.generators, expr),
            Expr::Generator(comp) => return self.comprehension(&comp.generators, expr),
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }
}
