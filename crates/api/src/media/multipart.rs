//! Takes `multipart/form-data` (RFC 7578) apart, trusting none of it.

/// A form has fewer fields than this, and each says little about itself.
const MOST_PARTS: usize = 8;
const LONGEST_HEAD: usize = 2_048;

/// One field: its name and its bytes. File names and types are not even read.
#[derive(Debug, PartialEq, Eq)]
pub struct Part<'a> {
    pub name: &'a str,
    pub content: &'a [u8],
}

/// The boundary in a content type, if it is that of a form (RFC 2046, 5.1.1: 70 characters at most).
pub fn boundary(content_type: &str) -> Option<&str> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let named = |parameter: &'_ str| {
        parameter.trim().get(..9)?.eq_ignore_ascii_case("boundary=").then_some(())
    };
    let found = parameters.split(';').find(|parameter| named(parameter).is_some())?;
    let value = found.trim().get(9..)?.trim_matches('"');
    (1..=70).contains(&value.len()).then_some(value)
}

/// The fields in their order, or what is wrong with the form.
pub fn parts<'a>(body: &'a [u8], boundary: &str) -> Result<Vec<Part<'a>>, &'static str> {
    let line = format!("\r\n--{boundary}").into_bytes();
    let opening = line.get(2..).unwrap_or_default();
    let mut rest = body.strip_prefix(opening).ok_or("the form does not begin with its boundary")?;
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Ok(parts);
        }
        if parts.len() == MOST_PARTS {
            return Err("the form has too many fields");
        }
        let inner = rest.strip_prefix(b"\r\n").ok_or("a boundary stands alone on its line")?;
        let (part, after) = part(inner, &line)?;
        parts.push(part);
        rest = after;
    }
}

fn part<'a>(text: &'a [u8], line: &[u8]) -> Result<(Part<'a>, &'a [u8]), &'static str> {
    let beginning = text.get(..LONGEST_HEAD.min(text.len())).unwrap_or_default();
    let end = find(beginning, b"\r\n\r\n").ok_or("a field of the form says too much of itself")?;
    let (head, content) = text.split_at(end);
    let content = content.get(4..).unwrap_or_default();
    let end = find(content, line).ok_or("the form ended too early")?;
    let (content, after) = content.split_at(end);
    let head = str::from_utf8(head).map_err(|_| "a field of the form has an unreadable head")?;
    let name = name(head).ok_or("a field of the form has no name")?;
    Ok((Part { name, content }, after.get(line.len()..).unwrap_or_default()))
}

/// The `name` in `Content-Disposition: form-data; name="file"; filename="a;b.png"`.
fn name(head: &str) -> Option<&str> {
    const DISPOSITION: &str = "content-disposition:";
    let is_it = |line: &&str| {
        line.get(..DISPOSITION.len()).is_some_and(|start| start.eq_ignore_ascii_case(DISPOSITION))
    };
    let value = head.lines().find(is_it)?.get(DISPOSITION.len()..)?;
    let mut parameters = unquoted_pieces(value);
    if !parameters.next()?.trim().eq_ignore_ascii_case("form-data") {
        return None;
    }
    let name = parameters.find_map(|parameter| parameter.trim().strip_prefix("name="))?;
    Some(name.trim_matches('"')).filter(|name| !name.is_empty())
}

/// Split at semicolons, but not at those between quotes; a backslash there hides the next character.
fn unquoted_pieces(text: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut hidden) = (false, false);
    text.split(move |character| {
        quoted ^= character == '"' && !hidden;
        hidden = quoted && character == '\\' && !hidden;
        character == ';' && !quoted
    })
}

/// Where `what`, which begins with a carriage return, is in `text`.
fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        let at = rest.iter().position(|byte| *byte == b'\r')?;
        if rest.get(at..)?.starts_with(what) {
            return Some(from + at);
        }
        from = from + at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &[u8] = b"--b\r\nContent-Disposition: form-data; name=\"alt\"\r\n\r\nA car\r\n\
        --b\r\ncontent-disposition: form-data; filename=\"x; name=\\\"alt\"; name=\"file\"\r\n\
        Content-Type: text/html\r\n\r\n\xff\r\r\n--a\r\n\r\n--b--\r\n";

    #[test]
    fn a_form_is_taken_apart() {
        let parts = parts(FORM, "b").unwrap();

        assert_eq!(parts[0], Part { name: "alt", content: b"A car" });
        assert_eq!(parts[1].content, b"\xff\r\r\n--a\r\n");
        assert_eq!(parts.len(), 2);
    }

    #[test]
    fn a_form_that_is_cut_anywhere_is_refused() {
        for end in 0..FORM.len() - 4 {
            assert!(parts(&FORM[..end], "b").is_err(), "{end}");
        }
    }

    #[test]
    fn forms_without_end_and_fields_without_name_are_refused() {
        let field = b"--b\r\nContent-Disposition: form-data; name=x\r\n\r\n\r\n";
        let many = [field.repeat(9), b"--b--".to_vec()].concat();
        let few = [field.repeat(8), b"--b--".to_vec()].concat();
        let nameless = b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--";
        let wordy = [b"--b\r\nX: ".to_vec(), vec![b'x'; 3_000], b"\r\n\r\n\r\n--b--".to_vec()];

        assert!(parts(&few, "b").is_ok());
        assert!(parts(&many, "b").is_err());
        assert!(parts(nameless, "b").is_err());
        assert!(parts(&wordy.concat(), "b").is_err());
    }

    #[test]
    fn only_a_forms_boundary_counts() {
        assert_eq!(boundary("multipart/form-data; boundary=\"a b\""), Some("a b"));
        assert_eq!(boundary("Multipart/Form-Data;charset=utf-8; Boundary=x"), Some("x"));
        assert_eq!(boundary("multipart/mixed; boundary=x"), None);
        assert_eq!(boundary("multipart/form-data; boundary="), None);
        assert_eq!(boundary(&format!("multipart/form-data; boundary={}", "x".repeat(71))), None);
    }
}
