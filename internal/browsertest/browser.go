// Package browsertest opens pages in a headless Chromium, for tests that want to see what a user sees: drawn canvases, keys that
// work, an empty console.
//
// A machine without a browser cannot run such tests: Start says so in the test's log and reports false. With EMBER_REQUIRE_CHROMIUM
// set, as in CI, the lack of one is a failure.
package browsertest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Keys that are no characters, for Press.
const (
	ArrowLeft  = kb.ArrowLeft
	ArrowRight = kb.ArrowRight
	End        = kb.End
)

// requireChromium makes the lack of a browser a failure.
const requireChromium = "EMBER_REQUIRE_CHROMIUM"

// screenshots is the directory in which Screenshot keeps its pictures, if it is set.
const screenshots = "EMBER_SCREENSHOTS"

// spare is how long before the end of its time the test program gives up on a page that hangs, to say what it waited for.
const spare = 10 * time.Second

// names are those under which a Chromium is installed.
var names = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"}

// A Page is one tab of a browser of its own.
type Page struct {
	t       *testing.T
	context context.Context
	console *console
}

// console is what a page's console has shown that is no plain message.
type console struct {
	mutex  sync.Mutex
	errors []string
}

// In returns the same page for a subtest, which then fails in place of the test that has started the browser.
func (p *Page) In(t *testing.T) *Page { return &Page{t: t, context: p.context, console: p.console} }

// Start starts a browser that ends with the test, and reports false if this machine has none.
func Start(t *testing.T, width, height int) (*Page, bool) {
	t.Helper()
	path, ok := find()
	if !ok {
		if os.Getenv(requireChromium) != "" {
			t.Errorf("%s is set, and there is no Chromium", requireChromium)
		}
		t.Logf("not run: there is no Chromium")
		return nil, false
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(width, height),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
	)
	bounded := t.Context()
	if end, any := t.Deadline(); any {
		var cancel context.CancelFunc
		bounded, cancel = context.WithDeadline(bounded, end.Add(-spare))
		t.Cleanup(cancel)
	}
	allocator, cancel := chromedp.NewExecAllocator(bounded, options...)
	t.Cleanup(cancel)
	tab, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	p := &Page{t: t, context: tab, console: &console{}}
	p.do(chromedp.EmulateViewport(int64(width), int64(height)))
	p.watchConsole()
	t.Cleanup(func() { _ = chromedp.Cancel(tab) })
	return p, true
}

func find() (path string, ok bool) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, true
		}
	}
	return "", false
}

// watchConsole collects errors and warnings.
func (p *Page) watchConsole() {
	messages := chromedp.Console(p.context)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == "error" || m.Type == "warning" {
				p.console.mutex.Lock()
				p.console.errors = append(p.console.errors, m.String())
				p.console.mutex.Unlock()
			}
		}
	}()
}

// Errors returns what the console has shown so far beside plain messages.
func (p *Page) Errors() []string {
	p.console.mutex.Lock()
	defer p.console.mutex.Unlock()
	return append([]string{}, p.console.errors...)
}

func (p *Page) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.context, steps...); err != nil {
		p.t.Fatalf("browser: %v; console: %q", err, p.Errors())
	}
}

// Open loads an address and waits until an expression holds.
func (p *Page) Open(address, until string) {
	p.t.Helper()
	p.do(chromedp.Navigate(address))
	p.Await(until)
}

// Await waits until an expression holds.
func (p *Page) Await(expression string) {
	p.t.Helper()
	if _, err := chromedp.Run(p.context, chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingTimeout(0))); err != nil {
		p.t.Fatalf("waiting for %s: %v; console: %q", expression, err, p.Errors())
	}
}

// Press presses keys, one after the other, whatever has the focus.
func (p *Page) Press(keys string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(keys))
}

// Click clicks at a point of the page, in pixels from its upper left corner.
func (p *Page) Click(x, y float64) {
	p.t.Helper()
	p.do(chromedp.MouseClickXY(x, y))
}

// Screenshot keeps a picture of the page if EMBER_SCREENSHOTS names a directory for it.
func (p *Page) Screenshot(name string) {
	p.t.Helper()
	directory := os.Getenv(screenshots)
	if directory == "" {
		return
	}
	picture, err := chromedp.Run(p.context, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatalf("screenshot: %v", err)
	}
	if err := os.WriteFile(filepath.Join(directory, name+".png"), picture, 0o644); err != nil {
		p.t.Fatalf("screenshot: %v", err)
	}
}

// Evaluate returns the value of an expression, awaited if it is a promise.
func Evaluate[T any](p *Page, expression string) T {
	p.t.Helper()
	value, err := chromedp.Run(p.context, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v; console: %q", expression, err, p.Errors())
	}
	return value
}
