import account from "./account";
import app from "./app";
import audit from "./audit";
import chat from "./chat";
import console from "./console";
import dashboard from "./dashboard";
import fault from "./fault";
import hint from "./hint";
import keys from "./keys";
import local from "./local";
import logs from "./logs";
import playground from "./playground";
import providers from "./providers";
import settings from "./settings";
import ui from "./ui";
import users from "./users";

export const ptPT = { account, app, audit, chat, console, dashboard, fault, hint, keys, local, logs, playground, providers, settings, ui, users };
