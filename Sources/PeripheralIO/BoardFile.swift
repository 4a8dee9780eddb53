import CLibYAML
import Glibc
import SystemPackage

/// A YAML file with the devices behind a firmware's names. libyaml reads it, and not a decoder of Swift types, so that
/// firmware need not carry Foundation.
struct BoardFile {
    /// What stands under `peripherals:`; other keys are somebody else's.
    private(set) var peripherals: [String: String] = [:]

    struct Malformed: Error {
        var reason: String
    }

    /// Parses the first document of a file's text: UTF-8, or UTF-16 with a byte order mark.
    init(text: [UInt8]) throws(Malformed) {
        var parser = yaml_parser_t()
        guard yaml_parser_initialize(&parser) == 1 else { throw Malformed(reason: "out of memory") }
        defer { yaml_parser_delete(&parser) }
        var document = yaml_document_t()
        // The parser keeps the address of its input until the document is loaded.
        let isLoaded = text.withUnsafeBufferPointer {
            yaml_parser_set_input_string(&parser, $0.baseAddress, $0.count)
            return yaml_parser_load(&parser, &document) == 1
        }
        guard isLoaded else {
            let problem = parser.problem.map { String(cString: $0) } ?? "not readable"
            throw Malformed(reason: "line \(parser.problem_mark.line + 1): \(problem)")
        }
        defer { yaml_document_delete(&document) }
        guard let root = yaml_document_get_root_node(&document) else { throw Malformed(reason: "it is empty") }
        for (key, value) in try Self.pairs(of: root, in: &document) where key == "peripherals" {
            for (name, node) in try Self.pairs(of: value, in: &document) {
                let device = try Self.scalar(node)
                guard peripherals.updateValue(device, forKey: name) == nil else {
                    throw Malformed(reason: "line \(Self.line(of: node)): “\(name)” is there twice")
                }
            }
            return
        }
        throw Malformed(reason: "there is no “peripherals:”")
    }

    private static func pairs(
        of node: UnsafeMutablePointer<yaml_node_t>, in document: inout yaml_document_t
    ) throws(Malformed) -> [(String, UnsafeMutablePointer<yaml_node_t>)] {
        guard node.pointee.type == YAML_MAPPING_NODE else {
            throw Malformed(reason: "line \(line(of: node)): “name: value” lines belong here")
        }
        let pairs = node.pointee.data.mapping.pairs
        var result: [(String, UnsafeMutablePointer<yaml_node_t>)] = []
        for pair in UnsafeBufferPointer(start: pairs.start, count: pairs.top - pairs.start) {
            guard let key = yaml_document_get_node(&document, pair.key),
                let value = yaml_document_get_node(&document, pair.value)
            else { continue }
            result.append((try scalar(key), value))
        }
        return result
    }

    private static func scalar(_ node: UnsafeMutablePointer<yaml_node_t>) throws(Malformed) -> String {
        guard node.pointee.type == YAML_SCALAR_NODE else {
            throw Malformed(reason: "line \(line(of: node)): a single word belongs here")
        }
        let scalar = node.pointee.data.scalar
        return String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
    }

    private static func line(of node: UnsafeMutablePointer<yaml_node_t>) -> Int {
        node.pointee.start_mark.line + 1
    }

    /// The contents of a file; at most 1 MiB, which no board needs.
    static func contents(of path: String) throws(Errno) -> [UInt8] {
        do {
            let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
            return try file.closeAfter {
                let limit = 1 << 20
                var text: [UInt8] = []
                var chunk = [UInt8](repeating: 0, count: 4096)
                while true {
                    let count = try chunk.withUnsafeMutableBytes { try file.read(into: $0) }
                    if count == 0 { return text }
                    text += chunk[..<count]
                    if text.count > limit { throw Errno.fileTooLarge }
                }
            }
        } catch {
            throw error as? Errno ?? .ioError
        }
    }
}
