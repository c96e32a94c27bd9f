//! Requests of the AuthZEN Authorization API.

use super::place::locate;
use super::text::{Fault, Kind, Member, Node, parse};
use super::value::{Holder, Reader};
use super::{DataError, Requests, Semantic};
use crate::data::{Attributes, Request, RequestFault, find_conflict, find_shape};
use crate::path::{names, shorten};
use crate::schema::{ActionId, EntityTypeId, Fields, Schema};
use crate::value::EntityUid;

/// How many bytes the requests of a batch may have together, each written out with the defaults that it takes from
/// the top level. (A small text could otherwise ask for work without end: a large context and many empty items.)
pub const MAX_BATCH_BYTES: usize = 1 << 28;

const TOP_LEVEL: [&str; 6] = [
    "subject",
    "action",
    "resource",
    "context",
    "evaluations",
    "options",
];
const SEMANTICS: [(&str, Semantic); 3] = [
    ("execute_all", Semantic::ExecuteAll),
    ("deny_on_first_deny", Semantic::DenyOnFirstDeny),
    ("permit_on_first_permit", Semantic::PermitOnFirstPermit),
];

/// Reads one request.
///
/// # Errors
/// The first error of the text; also where the text is a batch.
pub fn read_request(schema: &Schema, name: &str, text: &str) -> Result<Request, DataError> {
    let (root, repeated) = parse(text).map_err(|fault| locate(name, text, None, fault))?;
    if let Some((evaluations, _)) = batch(&root) {
        let fault = Fault::new(evaluations.start, "expected one request, found a batch of them");
        return Err(locate(name, text, Some(&root), fault));
    }
    let found = single(&mut Reader::new(schema), Parts::of(&root), repeated);
    found.map_err(|fault| locate(name, text, Some(&root), fault))
}

/// Reads one request, or a batch: a text with a list `evaluations` that is not empty.
///
/// Each of `subject`, `action`, `resource` and `context` that an item of the batch does not have is that of the top level.
///
/// # Errors
/// The first error of the text; one that lies in a single request of a batch is that request's alone.
pub fn read_requests(schema: &Schema, name: &str, text: &str) -> Result<Requests, DataError> {
    let (root, repeated) = parse(text).map_err(|fault| locate(name, text, None, fault))?;
    let whole = |fault: Fault| locate(name, text, Some(&root), fault);
    let Some((evaluations, items)) = batch(&root) else {
        return single(&mut Reader::new(schema), Parts::of(&root), repeated)
            .map(Requests::One)
            .map_err(whole);
    };
    let (inside, mut outside): (Vec<Fault>, Vec<Fault>) = repeated
        .into_iter()
        .partition(|fault| (evaluations.start..evaluations.end).contains(&fault.at));
    let mut reader = Reader::new(schema);
    let semantic = semantic(&mut reader, &root);
    outside.append(&mut reader.faults);
    let defaults = Parts::of(&root);
    if defaults.bytes().saturating_mul(items.len()) > MAX_BATCH_BYTES {
        let message =
            format!("the batch has more than {MAX_BATCH_BYTES} bytes when each item has its defaults");
        outside.push(Fault::new(evaluations.start, message).with_help("send it in several batches"));
    }
    if let Some(fault) = first(outside) {
        return Err(whole(fault));
    }
    let mut inside = inside.into_iter().peekable();
    let mut requests = Vec::with_capacity(items.len());
    for item in items {
        let mut repeated = Vec::new();
        while let Some(fault) = inside.next_if(|fault| fault.at < item.end) {
            repeated.push(fault);
        }
        requests.push(single(&mut reader, Parts::of(item).or(&defaults), repeated).map_err(whole));
    }
    Ok(Requests::Batch(requests, semantic))
}

/// The list `evaluations` and its items, where it is there and not empty.
fn batch<'n, 't>(root: &'n Node<'t>) -> Option<(&'n Node<'t>, &'n [Node<'t>])> {
    let evaluations = root.get("evaluations")?;
    match &evaluations.kind {
        Kind::Array(items) if !items.is_empty() => Some((evaluations, items)),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) | Kind::Array(_) | Kind::Object(_) => {
            None
        }
    }
}

fn semantic(reader: &mut Reader<'_>, root: &Node<'_>) -> Semantic {
    let Some(options) = root.get("options") else {
        return Semantic::default();
    };
    if reader.object(options, "an object of options").is_none() {
        return Semantic::default();
    }
    let Some(node) = options.get("evaluations_semantic") else {
        return Semantic::default();
    };
    let Some(text) = reader.text(node, "a text") else {
        return Semantic::default();
    };
    if let Some((_, semantic)) = SEMANTICS.iter().find(|(name, _)| *name == text) {
        return *semantic;
    }
    let known = || SEMANTICS.iter().map(|(name, _)| *name);
    let help = reader
        .near(text, known())
        .unwrap_or_else(|| format!("semantics: {}", names(known())));
    reader.fault(
        Fault::new(
            node.start,
            format!("`{}` is no semantic of a batch", shorten(text)),
        )
        .with_help(help),
    );
    Semantic::default()
}

/// The parts of a request, wherever they stand.
#[derive(Clone, Copy)]
struct Parts<'n, 't> {
    /// What has them, for what is missing.
    whole: &'n Node<'t>,
    subject: Option<&'n Node<'t>>,
    action: Option<&'n Node<'t>>,
    resource: Option<&'n Node<'t>>,
    context: Option<&'n Node<'t>>,
}

impl<'n, 't> Parts<'n, 't> {
    fn of(node: &'n Node<'t>) -> Self {
        Self {
            whole: node,
            subject: node.get("subject"),
            action: node.get("action"),
            resource: node.get("resource"),
            context: node.get("context"),
        }
    }

    fn or(self, defaults: &Self) -> Self {
        Self {
            whole: self.whole,
            subject: self.subject.or(defaults.subject),
            action: self.action.or(defaults.action),
            resource: self.resource.or(defaults.resource),
            context: self.context.or(defaults.context),
        }
    }

    fn bytes(&self) -> usize {
        let parts = [self.subject, self.action, self.resource, self.context];
        parts
            .into_iter()
            .flatten()
            .map(|node| node.end - node.start)
            .sum()
    }
}

/// The request that these parts are, or the first fault.
fn single(reader: &mut Reader<'_>, parts: Parts<'_, '_>, repeated: Vec<Fault>) -> Result<Request, Fault> {
    reader.faults = repeated;
    let request = request(reader, parts);
    match (request, first(std::mem::take(&mut reader.faults))) {
        (Some(request), None) => Ok(request),
        (_, Some(fault)) => Err(fault),
        // Whatever gives no request gives a fault.
        (None, None) => Err(Fault::new(parts.whole.start, "not a request")),
    }
}

/// The fault that stands first in the text.
fn first(faults: Vec<Fault>) -> Option<Fault> {
    faults.into_iter().min_by_key(|fault| fault.at)
}

fn request(reader: &mut Reader<'_>, parts: Parts<'_, '_>) -> Option<Request> {
    let schema = reader.schema;
    let members = reader.object(
        parts.whole,
        "a request, as {\"subject\": …, \"action\": …, \"resource\": …}",
    )?;
    let before = reader.faults.len();
    near_misses(reader, members, &TOP_LEVEL);
    if reader.faults.len() > before {
        // What is missing then is there under the other name.
        return None;
    }
    if let Some(evaluations) = parts.whole.get("evaluations") {
        reader.list(evaluations, "a list of requests, as [{\"resource\": …}, …]");
    }
    let mut part = |node: Option<&'_ Node<'_>>, name: &str| {
        if node.is_none() {
            let help = match name {
                "action" => "give it as {\"name\": …}",
                "subject" if parts.whole.get("principal").is_some() => {
                    "a request calls the principal `subject`, as {\"type\": …, \"id\": …}"
                }
                _ => "give it as {\"type\": …, \"id\": …}",
            };
            let message = format!("the request has no `{name}`");
            reader.fault(Fault::new(parts.whole.start, message).with_help(help));
        }
        node.is_some()
    };
    let (has_subject, has_action, has_resource) = (
        part(parts.subject, "subject"),
        part(parts.action, "action"),
        part(parts.resource, "resource"),
    );
    let subject = parts
        .subject
        .filter(|_| has_subject)
        .and_then(|node| entity(reader, node));
    let action = parts
        .action
        .filter(|_| has_action)
        .and_then(|node| action(reader, node));
    let resource = parts
        .resource
        .filter(|_| has_resource)
        .and_then(|node| entity(reader, node));
    if let (Some(subject), Some(action), Some(resource)) = (&subject, action, &resource)
        && let Err(fault) = find_shape(schema, subject.ty, action, resource.ty)
    {
        let (node, key) = match &fault {
            RequestFault::Principal { .. } => (parts.subject, "type"),
            RequestFault::Resource { .. } => (parts.resource, "type"),
            RequestFault::UnknownAction
            | RequestFault::Group { .. }
            | RequestFault::Value(_)
            | RequestFault::Conflict { .. } => (parts.action, "name"),
        };
        let node = node
            .map(|node| node.get(key).unwrap_or(node))
            .unwrap_or(parts.whole);
        // What the context has to have is not known of an action that is not meant.
        return reader.refuse(Fault::new(node.start, fault.message()));
    }
    let (subject, action, resource) = (subject?, action?, resource?);
    let context = context(reader, parts, action);
    let request = Request {
        principal: subject.uid?,
        action,
        resource: resource.uid?,
        context: context?,
        principal_attributes: subject.attributes?,
        resource_attributes: resource.attributes?,
    };
    if let Some(attribute) = find_conflict(schema, &request) {
        let properties = parts.resource.and_then(|resource| resource.get("properties"));
        let at = properties
            .and_then(|properties| properties.get(&attribute))
            .or(properties)
            .unwrap_or(parts.whole);
        let message = RequestFault::Conflict { attribute }.message();
        return reader
            .refuse(Fault::new(at.start, message).with_help("give the attribute once, or the same twice"));
    }
    Some(request)
}

/// Subject or resource, as far as it could be read.
struct Described {
    ty: EntityTypeId,
    uid: Option<EntityUid>,
    attributes: Option<Attributes>,
}

fn entity(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<Described> {
    let schema = reader.schema;
    let members = reader.object(node, "an entity, as {\"type\": …, \"id\": …}")?;
    near_misses(reader, members, &["type", "id", "properties"]);
    let id = match reader.required(node, "id") {
        Some(id) => reader.text(id, "an id, which is a text").map(|text| (id, text)),
        None => None,
    };
    let ty = reader.entity_type(node)?;
    let uid = id.and_then(|(node, id)| reader.known_id(node, EntityUid { ty, id: id.into() }));
    let def = schema.entity_type(ty)?;
    misplaced_attributes(reader, members, &def.attributes);
    let attributes = match node.get("properties") {
        None => Some(Attributes::new()),
        Some(properties) => {
            let holder = Holder::Overlay(&def.name);
            let members = reader.object(properties, "an object of properties");
            members.and_then(|members| reader.fields(properties, members, &def.attributes, holder))
        }
    };
    Some(Described { ty, uid, attributes })
}

fn action(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<ActionId> {
    let schema = reader.schema;
    let members = reader.object(node, "an action, as {\"name\": …}")?;
    // An action's properties are for other decision points; the language reads none.
    near_misses(reader, members, &["name", "properties"]);
    let name_node = reader.required(node, "name")?;
    let name = reader.text(name_node, "the name of an action")?;
    let found = schema.find_action(name);
    if found.is_none() {
        let known = || {
            schema
                .actions
                .iter()
                .filter(|def| def.context.is_some())
                .map(|def| def.name.as_str())
        };
        let help = reader
            .near(name, known())
            .unwrap_or_else(|| format!("actions: {}", names(known())));
        let message = format!("there is no action `{}`", shorten(name));
        reader.fault(Fault::new(name_node.start, message).with_help(help));
    }
    found
}

fn context(reader: &mut Reader<'_>, parts: Parts<'_, '_>, action: ActionId) -> Option<Attributes> {
    let schema = reader.schema;
    let def = schema.action(action)?;
    let none = Fields::default();
    let fields = def
        .context
        .and_then(|record| schema.record(record))
        .unwrap_or(&none);
    let holder = Holder::Context(&def.name);
    match parts.context {
        Some(node) => {
            let members = reader.object(node, "an object of context fields")?;
            reader.fields(node, members, fields, holder)
        }
        None => reader.fields(parts.whole, &[], fields, holder),
    }
}

/// Refuses attributes that stand beside `properties`: ignored, they would leave out what a rule looks at.
fn misplaced_attributes(reader: &mut Reader<'_>, members: &[Member<'_>], attributes: &Fields) {
    for member in members {
        let key = member.key.as_ref();
        let known = matches!(key, "type" | "id" | "properties");
        let misplaced = matches!(key, "attributes" | "attrs" | "props") || attributes.position(key).is_some();
        if misplaced && !known {
            let message = format!("there is no `{}` here", shorten(key));
            let fault =
                Fault::new(member.at, message).with_help("attributes stand in `properties`".to_owned());
            reader.fault(fault);
        }
    }
}

/// Refuses keys that are almost those that AuthZEN defines. Others are for someone else, and ignored; but a slip would
/// leave out what a rule looks at.
fn near_misses(reader: &mut Reader<'_>, members: &[Member<'_>], known: &[&str]) {
    for member in members
        .iter()
        .filter(|member| !known.contains(&member.key.as_ref()))
    {
        if let Some(help) = reader.near(&member.key, known.iter().copied()) {
            let message = format!("there is no `{}` here", shorten(&member.key));
            reader.fault(Fault::new(member.at, message).with_help(help));
        }
    }
}
