//! Lists the payment providers: each folder of `src/gateways` is one, and is named nowhere else (docs/adr/0012).

use std::{env, error::Error, fs, path::Path};

const GATEWAYS: &str = "src/gateways";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={GATEWAYS}");
    let gateways = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join(GATEWAYS);
    let list = Path::new(&env::var("OUT_DIR")?).join("providers.rs");
    fs::write(list, code(&folders(&gateways)?))?;
    Ok(())
}

/// The name of each folder that is a module, and where that is; by name.
fn folders(gateways: &Path) -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(gateways)? {
        let entry = entry?;
        let module = entry.path().join("mod.rs");
        if module.is_file() {
            let name = entry.file_name().to_string_lossy().into_owned();
            found.push((name, module.display().to_string()));
        }
    }
    found.sort();
    Ok(found)
}

fn code(folders: &[(String, String)]) -> String {
    let mut code = String::new();
    for (name, path) in folders {
        code.push_str(&format!("#[path = {path:?}]\npub mod {name};\n"));
    }
    code.push_str("/// What each folder registers.\npub const PROVIDERS: &[Provider] = &[");
    for (name, _) in folders {
        code.push_str(&format!("{name}::PROVIDER, "));
    }
    code.push_str("];\n");
    code
}
