package picture_test

import (
	"testing"

	"nexusai/backend/fault"
	"nexusai/backend/surface/picture"
)

func TestOnlyPublicAddressesPass(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{
		"https://example.com/cat.png": true, "data:image/png;base64,aGk=": true, "DATA:image/png;base64,aGk=": true,
		"http://127.0.0.1/a": false, "http://10.0.0.8:8000/a": false, "http://169.254.169.254/latest/meta-data": false, "http://[::1]/": false,
		"http://localhost:5432": false, "http://2130706433/": false, "http://0x7f.1/": false, "http://[::ffff:10.0.0.1]/": false,
		"file:///etc/passwd": false, "ftp://example.com/a": false, "https://a:b@example.com/": false, "": false, "data": false,
	} {
		err := picture.Check(address, "messages.0.content")
		if (err == nil) != good {
			t.Errorf("%q is %v", address, err)
		}
		if f := fault.From(err); err != nil && (f.Code != fault.BadRequest || f.Field != "messages.0.content") {
			t.Errorf("%q is %+v", address, f)
		}
	}
}

func TestReadsData(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"data:image/png;base64,aGk=": "hi", "data:image/jpeg;charset=x;base64,aGk=": "hi",
		"data:image/png,hi": "", "data:image/png;base64,": "", "data:image/png;base64,a": "", "data:text/html;base64,aGk=": "", "data:": "",
	} {
		image, err := picture.Read(address, "x")
		if (err == nil) != (want != "") || string(image.Data) != want {
			t.Errorf("%q is %q %v", address, image.Data, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("data:image/png;base64,aGk=")
	f.Add("https://example.com")
	f.Fuzz(func(t *testing.T, address string) {
		image, err := picture.Read(address, "x")
		if err == nil && image.URL == "" && len(image.Data) == 0 {
			t.Errorf("%q is nothing", address)
		}
	})
}
