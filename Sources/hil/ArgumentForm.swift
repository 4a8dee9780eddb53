/// The value of an argument that has a form of its own. Where it has another, the error names the form.
protocol ArgumentForm {
    /// What to write, with an example.
    static var form: String { get }

    /// nil if the text is of another form.
    init?(argument: String)
}

extension ArgumentForm {
    /// For an option's `transform`.
    static func parse(_ text: String) throws -> Self {
        guard let value = Self(argument: text) else { throw UsageError(message: "write \(form)") }
        return value
    }
}
