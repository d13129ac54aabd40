//go:build desktop

package native

/*
#cgo pkg-config: gtk+-3.0
#cgo !webkit2_41 pkg-config: webkit2gtk-4.0
#cgo webkit2_41 pkg-config: webkit2gtk-4.1

#include <gtk/gtk.h>
#ifdef GDK_WINDOWING_X11
#include <gdk/gdkx.h>
#endif
#include <webkit2/webkit2.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

extern void nexusOutside(char *uri);

// WebKit's script engine stops its threads with this signal to collect garbage.
static int nexus_collector_signal(void) {
	const char *chosen = getenv("JSC_SIGNAL_FOR_GC");
	int number = chosen != NULL ? atoi(chosen) : 0;
	return number > 0 ? number : SIGUSR1;
}

// WebKitGTK installs signal handlers without SA_ONSTACK; a Go nil dereference
// would then end the process even under recover. May go when WebKit sets it.
// The collector's handler is left alone: Go never sees that signal, and on
// Go's signal stack the handler refuses to stop its thread, for ever.
static void nexus_keep_signal_stacks(void) {
	for (int i = 1; i < 65; i++) {
		struct sigaction sa;
		if (i == nexus_collector_signal() || sigaction(i, NULL, &sa) != 0) continue;
		if (sa.sa_handler == SIG_DFL || sa.sa_handler == SIG_IGN || (sa.sa_flags & SA_ONSTACK)) continue;
		sa.sa_flags |= SA_ONSTACK;
		sigaction(i, &sa, NULL);
	}
}

// The page stays the page: nothing but our own scheme is ever loaded, in any
// frame, because every frame can reach the message handlers. An address that
// the person clicked goes to their browser.
static gboolean nexus_decide(WebKitWebView *view, WebKitPolicyDecision *decision, WebKitPolicyDecisionType type, gpointer data) {
	if (type == WEBKIT_POLICY_DECISION_TYPE_RESPONSE) return FALSE;
	WebKitNavigationAction *action = webkit_navigation_policy_decision_get_navigation_action(WEBKIT_NAVIGATION_POLICY_DECISION(decision));
	const char *uri = webkit_uri_request_get_uri(webkit_navigation_action_get_request(action));
	gboolean ours = uri != NULL && g_str_has_prefix(uri, "wails://wails/");
	if (type == WEBKIT_POLICY_DECISION_TYPE_NAVIGATION_ACTION && ours) return FALSE;
	webkit_policy_decision_ignore(decision);
	gboolean clicked = webkit_navigation_action_get_navigation_type(action) == WEBKIT_NAVIGATION_TYPE_LINK_CLICKED
		&& webkit_navigation_action_is_user_gesture(action);
	if (clicked && !ours && uri != NULL) nexusOutside((char *)uri);
	return TRUE;
}

static gboolean nexus_permission(WebKitWebView *view, WebKitPermissionRequest *request, gpointer data) {
	webkit_permission_request_deny(request);
	return TRUE;
}

static GtkWidget *nexus_find(GtkWidget *w) {
	if (WEBKIT_IS_WEB_VIEW(w)) return w;
	if (!GTK_IS_CONTAINER(w)) return NULL;
	GtkWidget *found = NULL;
	GList *all = gtk_container_get_children(GTK_CONTAINER(w));
	for (GList *l = all; l != NULL && found == NULL; l = l->next) found = nexus_find(GTK_WIDGET(l->data));
	g_list_free(all);
	return found;
}

static GtkWidget *nexus_view(void) {
	GtkWidget *found = NULL;
	GList *all = gtk_window_list_toplevels();
	for (GList *l = all; l != NULL && found == NULL; l = l->next) found = nexus_find(GTK_WIDGET(l->data));
	g_list_free(all);
	return found;
}

static gboolean nexus_confine(gpointer data) {
	GtkWidget *view = nexus_view();
	if (view == NULL) return G_SOURCE_CONTINUE; // not made yet
	if (g_object_get_data(G_OBJECT(view), "nexus-confined") != NULL) return G_SOURCE_REMOVE;
	g_object_set_data(G_OBJECT(view), "nexus-confined", view);
	g_signal_connect(view, "decide-policy", G_CALLBACK(nexus_decide), NULL);
	g_signal_connect(view, "permission-request", G_CALLBACK(nexus_permission), NULL);
	WebKitSettings *s = webkit_web_view_get_settings(WEBKIT_WEB_VIEW(view));
	webkit_settings_set_javascript_can_open_windows_automatically(s, FALSE);
	webkit_settings_set_enable_webrtc(s, FALSE);
	webkit_settings_set_enable_media_stream(s, FALSE);
	webkit_settings_set_allow_file_access_from_file_urls(s, FALSE);
	webkit_settings_set_allow_universal_access_from_file_urls(s, FALSE);
	return G_SOURCE_REMOVE;
}

static gboolean nexus_present(gpointer data) {
	GtkWidget *view = nexus_view();
	if (view == NULL) return G_SOURCE_REMOVE;
	GtkWidget *top = gtk_widget_get_toplevel(view);
	guint32 now = GDK_CURRENT_TIME;
#ifdef GDK_WINDOWING_X11
	// Else GTK names the time of the last key in this window, and what the
	// person did since in another one is newer: the wish would be ignored.
	GdkWindow *window = gtk_widget_get_window(top);
	if (window != NULL && GDK_IS_X11_WINDOW(window)) now = gdk_x11_get_server_time(window);
#endif
	gtk_window_present_with_time(GTK_WINDOW(top), now);
	return G_SOURCE_REMOVE;
}

static gboolean nexus_dark(gpointer on) {
	GtkSettings *s = gtk_settings_get_default();
	if (s != NULL) g_object_set(s, "gtk-application-prefer-dark-theme", GPOINTER_TO_INT(on), NULL);
	return G_SOURCE_REMOVE;
}

static void nexus_soon_confine(void) { g_idle_add(nexus_confine, NULL); }
static void nexus_soon_present(void) { g_idle_add(nexus_present, NULL); }
static void nexus_soon_dark(int on) { g_idle_add(nexus_dark, GINT_TO_POINTER(on)); }
*/
import "C"

import "sync"

var (
	outsideMu sync.Mutex
	outside   func(string) // guarded by outsideMu; C can hold no Go function
)

//export nexusOutside
func nexusOutside(uri *C.char) {
	outsideMu.Lock()
	fn := outside
	outsideMu.Unlock()
	if fn != nil {
		address := C.GoString(uri)
		go fn(address) // not on the window's thread
	}
}

// confine keeps the window's page from going anywhere else.
func confine(fn func(string)) {
	outsideMu.Lock()
	outside = fn
	outsideMu.Unlock()
	C.nexus_soon_confine()
}

func keepSignalStacks() { C.nexus_keep_signal_stacks() }

func present() { C.nexus_soon_present() }

// SetTheme colours the title bar, and with it what the page learns of the
// system's preference; "system" leaves that as it is.
func SetTheme(theme string) {
	switch theme {
	case "dark":
		C.nexus_soon_dark(1)
	case "light":
		C.nexus_soon_dark(0)
	}
}
