import { LuaFactory } from "wasmoon";

/** What real Lua says to a text: undefined if it compiles. */
export async function realLua(): Promise<(text: string) => string | undefined> {
  const engine = await new LuaFactory().createEngine();
  return (text) => {
    const thread = engine.global.newThread();
    try {
      thread.loadString(text, "=t");
      return undefined;
    } catch (error) {
      return (error as Error).message;
    } finally {
      engine.global.pop();
    }
  };
}
