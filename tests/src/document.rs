//! The OpenAPI document of a shop, to walk over every route of it.

use reqwest::Method;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{Client, shop::binary};

/// What clients are generated from.
#[derive(Debug, Clone)]
pub struct Document(pub Value);

/// One method of one path.
#[derive(Debug, Clone)]
pub struct Operation {
    pub method: Method,
    pub path: String,
    pub told: Value,
}

impl Document {
    /// The one a server serves.
    pub async fn served(client: &Client) -> Self {
        Self(client.get("/openapi.json").await.expect(200).body)
    }

    /// The one `souk openapi` prints, as it prints it.
    pub async fn printed() -> String {
        let told = tokio::process::Command::new(binary()).arg("openapi").output().await.unwrap();
        assert!(told.status.success(), "souk openapi: {}", String::from_utf8_lossy(&told.stderr));
        String::from_utf8(told.stdout).unwrap()
    }

    pub async fn read() -> Self {
        Self(serde_json::from_str(&Self::printed().await).unwrap())
    }

    pub fn operations(&self) -> Vec<Operation> {
        let mut operations = Vec::new();
        for (path, item) in self.0["paths"].as_object().unwrap() {
            for (method, told) in item.as_object().unwrap() {
                let Ok(method) = method.to_uppercase().parse() else { continue };
                operations.push(Operation { method, path: path.clone(), told: told.clone() });
            }
        }
        operations
    }

    /// A schema itself, however it is referred to: by name, or as the one part of an `allOf`.
    pub fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        if let Some(name) = schema["$ref"].as_str() {
            let found = name.strip_prefix('#').and_then(|pointer| self.0.pointer(pointer));
            return self.resolve(found.unwrap_or_else(|| panic!("{name} leads nowhere")));
        }
        match schema["allOf"].as_array().map(Vec::as_slice) {
            Some([only]) => self.resolve(only),
            _ => schema,
        }
    }

    /// A value that the schema allows: its example, else one put together from all its properties.
    pub fn example(&self, schema: &Value) -> Value {
        let told = schema.get("example").or_else(|| schema["enum"].get(0));
        if let Some(told) = told {
            return told.clone();
        }
        let schema = self.resolve(schema);
        let told = schema.get("example").or_else(|| schema["enum"].get(0));
        if let Some(told) = told {
            return told.clone();
        }
        match schema["type"].as_str() {
            Some("object") => {
                let properties = schema["properties"].as_object().cloned().unwrap_or_default();
                let built = properties.iter().map(|(name, it)| (name.clone(), self.example(it)));
                Value::Object(built.collect::<Map<_, _>>())
            }
            Some("array") => json!([self.example(&schema["items"])]),
            Some("integer" | "number") => json!(schema["minimum"].as_i64().unwrap_or(1).max(1)),
            Some("boolean") => json!(true),
            _ => {
                let least = schema["minLength"].as_u64().unwrap_or(1);
                Value::String("x".repeat(least.max(8).try_into().unwrap()))
            }
        }
    }
}

impl Operation {
    /// `METHOD /path`, as the document writes it.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The parameters in a place: `path`, `query` or `header`.
    pub fn parameters(&self, place: &str) -> Vec<&Value> {
        let all = self.told["parameters"].as_array().into_iter().flatten();
        all.filter(|parameter| parameter["in"] == place).collect()
    }

    pub fn asks_for(&self, header: &str) -> bool {
        self.parameters("header").iter().any(|it| it["name"] == header)
    }

    /// The schema of the JSON it reads, if it reads any.
    pub fn body(&self) -> Option<&Value> {
        self.told.pointer("/requestBody/content/application~1json/schema")
    }

    /// A path whose parameters all look right and lead nowhere.
    pub fn path_to_nothing(&self) -> String {
        self.path_with(|parameter| {
            let pattern = parameter["schema"]["pattern"].as_str().unwrap_or_default();
            let id = Uuid::now_v7().simple().to_string();
            match pattern.strip_prefix('^').and_then(|pattern| pattern.split_once("_[")) {
                Some((prefix, _)) => format!("{prefix}_{id}"),
                None if parameter["schema"]["format"] == "uuid" => Uuid::now_v7().to_string(),
                None => "nothing".to_owned(),
            }
        })
    }

    /// A path whose parameters are chosen one by one.
    pub fn path_with(&self, choose: impl Fn(&Value) -> String) -> String {
        let mut path = self.path.clone();
        for parameter in self.parameters("path") {
            let name = parameter["name"].as_str().unwrap();
            path = path.replace(&format!("{{{name}}}"), &choose(parameter));
        }
        path
    }
}
