import Foundation
import Testing

@Suite("Where hil writes to", .timeLimit(.minutes(30)))
struct OutputTests {
    /// A shell command with `hil` as $0.
    private func shell(_ command: String, in folder: TemporaryFolder? = nil) throws -> Hil.Outcome {
        try Hil.run(["-c", command, Hil.path], in: folder?.url, program: "/bin/sh")
    }

    @Test(
        "A full disk is told, by whatever command",
        arguments: [
            "list", "gpio virtual://ft232h", "spi virtual://flash -q 9f r3", "loopback virtual://spi --bytes 100",
            "loopback virtual://spi --bytes 100 --json", "uart virtual://uart --send a --expect a",
        ])
    func full(command: String) throws {
        let outcome = try shell("\"$0\" \(command) > /dev/full")
        #expect(outcome.status == 8)
        #expect(outcome.errors.hasPrefix("hil: standard output: "), "\(outcome.errors)")
    }

    @Test("So it is of a pipe's bytes and of a trace")
    func fullOthers() throws {
        let pipe = try shell("echo a | \"$0\" uart virtual://uart -x > /dev/full")
        #expect(pipe.status == 8 && pipe.errors == "hil: standard output: No space left on device\n")
        let trace = try shell("\"$0\" spi virtual://flash -q 9f r3 --trace /dev/full")
        #expect(trace.status == 8 && trace.text == "ef 40 15\n")
        #expect(trace.errors.hasPrefix("hil: the trace is not whole: "))
    }

    @Test(
        "A reader that has seen enough ends it without a word",
        arguments: ["spi virtual://flash -q 9f r1M", "loopback virtual://spi --bytes 100", "list"])
    func unread(command: String) throws {
        let outcome = try shell("{ \"$0\" \(command); echo \"status $?\" >&2; } | true")
        #expect(outcome.errors == "status 0\n")
    }

    @Test("Reports leave what they are written to as it is: a pipe, a link, a device", arguments: ["report", "junit"])
    func reports(kind: String) throws {
        let folder = try TemporaryFolder()
        let test = "\"$0\" loopback virtual://spi --bytes 100 --\(kind)"
        let pipe = try shell("mkfifo pipe && { cat pipe > copy & } && \(test) pipe && wait && test -p pipe", in: folder)
        #expect(pipe.status == 0, "\(pipe.errors)")
        let link = try shell("touch file && ln -s file link && \(test) link && test -L link", in: folder)
        #expect(link.status == 0, "\(link.errors)")
        for name in ["copy", "file"] {
            let text = try String(contentsOf: folder.url.appendingPathComponent(name), encoding: .utf8)
            #expect(text.hasSuffix(kind == "junit" ? "</testsuites>\n" : "</html>\n"))
        }
        let full = try shell("\(test) /dev/full > /dev/null; status=$?; test -c /dev/full && exit $status")
        #expect(full.status == 8 && full.errors == "hil: /dev/full: No space left on device\n")
        #expect(try shell("\(test) -").text.contains(kind == "junit" ? "</testsuites>" : "</html>"))
    }

    @Test("What is for a terminal is refused in a pipe", arguments: ["-e", "-t", "--log-file x", "-l", "-m OLTU"])
    func terminalOnly(option: String) throws {
        let outcome = try shell("echo a | \"$0\" uart virtual://uart -x \(option)")
        #expect(outcome.status == 2 && outcome.errors.contains("is for a terminal"), "\(outcome.errors)")
    }

    @Test(
        "What is wrong with the arguments is one line, too",
        arguments: [
            ["spi"], ["spi", "virtual://spi", "--speeed", "1"], ["loopback", "virtual://spi", "--bytes", "many"],
            ["uart", "virtual://uart", "--timeout", "1"], ["lisst"], ["spi", "virtual://spi", "-m"],
        ])
    func arguments(_ arguments: [String]) throws {
        let outcome = try Hil.run(arguments)
        #expect(outcome.status == 2 && outcome.text.isEmpty)
        let lines = outcome.errors.split(separator: "\n")
        #expect(lines.count == 1 && lines.first?.hasPrefix("hil: ") == true, "\(outcome.errors)")
    }

    @Test("Ctrl-C ends a test with packets, which tells what it has")
    func interrupted() throws {
        let outcome = try shell(
            """
            "$0" loopback 'virtual://uart?baud=1M' --packets --bytes 100M &
            until grep -qs 'hil signals' /proc/$!/task/*/comm; do sleep 0.05; done
            sleep 0.5; kill -INT $!; wait $!
            """)
        #expect(outcome.status == 130 && outcome.errors == "hil: interrupted\n", "\(outcome.errors)")
        #expect(outcome.text.contains("errors      none"), "\(outcome.text)")
        #expect(outcome.text.contains("back in order"))
    }

    @Test("A trace that is not there is said to be none")
    func missingTrace() throws {
        for command in [
            ["trace", "nofile"], ["replay", "nofile", "virtual://spi"], ["spi", "replay://nofile", "9f"],
        ] {
            let outcome = try Hil.run(command)
            #expect(outcome.status == 2 && outcome.errors.contains("no such file"), "\(outcome.errors)")
        }
    }

    @Test("The doctor finds nothing wrong with a virtual device")
    func virtual() throws {
        let outcome = try Hil.run("doctor", "virtual://spi")
        #expect(outcome.status == 0 && outcome.text == "all is well\n")
    }
}
