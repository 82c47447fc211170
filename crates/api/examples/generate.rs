//! Writes the files that are made from this crate: run it in the root of the repository.

fn main() -> std::io::Result<()> {
    std::fs::create_dir_all("openapi")?;
    std::fs::write("openapi/nordbro.json", nordbro_api::document_text())?;
    std::fs::write("openapi/operator.json", nordbro_api::operator_document_text())?;
    std::fs::write("openapi/operator.json", nordbro_api::operator_document_text())?;
    std::fs::write("docs/errors.md", nordbro_api::problem::pages())
}
