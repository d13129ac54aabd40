import { expect, test } from "vitest";
import { spanOf } from "./timeSpan";

test.each([[1, 1, "second"], [60, 1, "minute"], [90, 90, "second"], [7200, 2, "hour"], [86_400, 1, "day"]])("%i s are %i %s", (seconds, count, unit) => expect(spanOf(seconds)).toEqual({ count, unit }));
