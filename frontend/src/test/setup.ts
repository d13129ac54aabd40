import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterEach, beforeAll } from "vitest";
import { startI18n } from "@/i18n";

// A busy machine is slow, not broken; what never comes still fails.
configure({ asyncUtilTimeout: 10_000 });

beforeAll(() => startI18n("en"));
afterEach(cleanup);

// jsdom has no layout: give virtualised lists a window to fill.
class Observer { observe() { /* nothing moves */ } unobserve() { /* nothing moves */ } disconnect() { /* nothing moves */ } }
globalThis.ResizeObserver ??= Observer as typeof ResizeObserver;
Element.prototype.scrollIntoView ??= () => undefined;
Element.prototype.hasPointerCapture ??= () => false;
Element.prototype.setPointerCapture ??= () => undefined;
Element.prototype.releasePointerCapture ??= () => undefined;
window.matchMedia ??= (query: string) => Object.assign(new EventTarget(), { matches: false, media: query, onchange: null, addListener() { /* old */ }, removeListener() { /* old */ } });
