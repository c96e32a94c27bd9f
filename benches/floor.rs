//! The policy of `examples/todo` as a person would write it in Rust: texts are numbers, roles are bits, and what the
//! scenario says stands in the code. It decides this scenario only.

use dictum_benches::Example;
use dictum_runtime::data::{Attributes, Request};
use dictum_runtime::schema::Schema;
use dictum_runtime::value::{EntityUid, Value};

const VIEWER: u8 = 1;
const EDITOR: u8 = 1 << 1;
const ADMIN: u8 = 1 << 2;
const EVIL_GENIUS: u8 = 1 << 3;

/// The accounts.
pub(crate) struct Todo<'e> {
    schema: &'e Schema,
    /// The accounts' ids; the position is the account's number.
    ids: Vec<&'e EntityUid>,
    emails: Vec<&'e str>,
    /// The roles of each account, with all that they include.
    roles: Vec<u8>,
}

/// A request in numbers.
#[derive(Debug)]
pub(crate) struct Ask {
    account: Option<u32>,
    action: Action,
    /// The account whose address owns the todo.
    owner: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
enum Action {
    ReadUser,
    ReadTodos,
    CreateTodo,
    UpdateTodo,
    DeleteTodo,
}

impl<'e> Todo<'e> {
    /// The accounts of the example's data.
    pub(crate) fn new(example: &'e Example) -> Self {
        let schema = example.store.policy().schema();
        let mut todo = Self {
            schema,
            ids: vec![],
            emails: vec![],
            roles: vec![],
        };
        for entity in &example.data.entities {
            todo.ids.push(&entity.uid);
            todo.emails.push(text(&entity.attributes).unwrap_or_default());
            let granted = example
                .data
                .grants
                .iter()
                .filter(|grant| grant.subject == entity.uid);
            let bits = granted.map(
                |grant| match schema.role(grant.role).map(|role| role.name.as_str()) {
                    Some("admin") => ADMIN | EDITOR | VIEWER,
                    Some("evil_genius") => EVIL_GENIUS | EDITOR | VIEWER,
                    Some("editor") => EDITOR | VIEWER,
                    Some("viewer") => VIEWER,
                    Some(_) | None => 0,
                },
            );
            todo.roles.push(bits.fold(0, |all, bits| all | bits));
        }
        todo
    }

    /// A request in numbers.
    pub(crate) fn ask(&self, request: &Request) -> Ask {
        let number = |position: Option<usize>| position.and_then(|at| u32::try_from(at).ok());
        let owner = text(&request.resource_attributes);
        Ask {
            account: number(self.ids.iter().position(|id| **id == request.principal)),
            action: match self
                .schema
                .action(request.action)
                .map(|action| action.name.as_str())
            {
                Some("can_read_user") => Action::ReadUser,
                Some("can_read_todos") => Action::ReadTodos,
                Some("can_create_todo") => Action::CreateTodo,
                Some("can_update_todo") => Action::UpdateTodo,
                Some(_) | None => Action::DeleteTodo,
            },
            owner: owner.and_then(|owner| number(self.emails.iter().position(|email| *email == owner))),
        }
    }

    /// Whether it is allowed.
    pub(crate) fn decide(&self, ask: &Ask) -> bool {
        let roles = ask
            .account
            .and_then(|account| self.roles.get(account as usize))
            .copied()
            .unwrap_or(0);
        let own = || roles & EDITOR != 0 && ask.owner.is_some() && ask.owner == ask.account;
        match ask.action {
            Action::ReadUser | Action::ReadTodos => roles & VIEWER != 0,
            Action::CreateTodo => roles & EDITOR != 0,
            Action::UpdateTodo => roles & EVIL_GENIUS != 0 || own(),
            Action::DeleteTodo => roles & ADMIN != 0 || own(),
        }
    }
}

/// The first attribute, where it is a text: a user's `email`, a todo's `ownerID`.
fn text(attributes: &Attributes) -> Option<&str> {
    match attributes.first() {
        Some(Some(Value::String(text))) => Some(text),
        _ => None,
    }
}
