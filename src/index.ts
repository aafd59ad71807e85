export { AssertionError, type ErrorCode, type ErrorOperands, errorCodes, WorldloomError } from "./core/errors.ts";
