import Testing

@Suite("The headers")
struct HeaderTests {
    @Test("are there for C++", arguments: CProgram.Compiler.allForCPlusPlus)
    func cPlusPlus(compiler: CProgram.Compiler) throws {
        expect(try CProgram("headers.cpp", compiler: compiler).run(), prints: "1\n")
    }
}
