package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"nexusai/backend/fault"
	"nexusai/server/secret"
)

const (
	s3Connect = 5 * time.Second  // to the storage
	s3Answer  = 30 * time.Second // from the end of a request to the first byte of its answer
	s3Tries   = 3                // of one request
)

// S3Config says which bucket to use.
type S3Config struct {
	Endpoint string      // NEXUS_S3_ENDPOINT: https://host, http://host:port, or a host alone (https)
	Bucket   string      // NEXUS_S3_BUCKET; made if it is missing and the key may do so
	Key      string      // NEXUS_S3_KEY
	Secret   secret.Text // NEXUS_S3_SECRET
	Region   string      // NEXUS_S3_REGION; default us-east-1
}

// S3 keeps blobs as objects tenant/abcd… of one bucket. An upload is spooled to
// a temporary file first, because its name is the hash of all of it.
type S3 struct {
	client *minio.Client
	bucket string
	region string
}

var _ Store = (*S3)(nil)

// OpenS3 is NewS3 that also makes sure that the bucket is there.
func OpenS3(ctx context.Context, cfg S3Config) (*S3, error) {
	s, err := NewS3(cfg)
	if err != nil {
		return nil, err
	}
	return s, s.ensureBucket(ctx, s.region)
}

// NewS3 checks what it is told and asks nobody.
func NewS3(cfg S3Config) (*S3, error) {
	host, secure, err := splitEndpoint(cfg.Endpoint)
	if err != nil {
		return nil, err
	}
	if cfg.Bucket == "" || cfg.Key == "" || cfg.Secret.Empty() {
		return nil, errors.New("NEXUS_S3_ENDPOINT needs NEXUS_S3_BUCKET, NEXUS_S3_KEY and NEXUS_S3_SECRET beside it")
	}
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	client, err := minio.New(host, &minio.Options{
		Creds:      credentials.NewStaticV4(cfg.Key, cfg.Secret.Reveal(), ""),
		Secure:     secure,
		Region:     cfg.Region,
		Transport:  transport(),
		MaxRetries: s3Tries,
	})
	if err != nil {
		return nil, fmt.Errorf("prepare the S3 client: %w", err)
	}
	return &S3{client: client, bucket: cfg.Bucket, region: cfg.Region}, nil
}

// splitEndpoint reads host and scheme; minio-go wants them apart.
func splitEndpoint(endpoint string) (host string, secure bool, err error) {
	if !strings.Contains(endpoint, "://") {
		endpoint = "https://" + endpoint
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", false, errors.New("NEXUS_S3_ENDPOINT is not an address like https://s3.example.com or http://127.0.0.1:9000")
	}
	return u.Host, u.Scheme == "https", nil
}

// transport bounds every silence; the length of a transfer is its caller's context.
func transport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: s3Connect, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   s3Connect,
		ResponseHeaderTimeout: s3Answer,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   16,
		DisableCompression:    true, // content is compared byte by byte
	}
}

func (s *S3) ensureBucket(ctx context.Context, region string) error {
	ctx, cancel := context.WithTimeout(ctx, s3Answer)
	defer cancel()
	exists, err := s.client.BucketExists(ctx, s.bucket)
	if err != nil {
		return remote("look for the bucket "+s.bucket, err)
	}
	if exists {
		return nil
	}
	if err := s.client.MakeBucket(ctx, s.bucket, minio.MakeBucketOptions{Region: region}); err != nil {
		return remote("make the bucket "+s.bucket, err)
	}
	return nil
}

func objectKey(tenant, sum string) string { return tenant + "/" + sum }

// Put implements Store.
func (s *S3) Put(ctx context.Context, tenant string, r io.Reader, limit int64) (Ref, error) {
	if !tenantName.MatchString(tenant) {
		return Ref{}, ErrName
	}
	tmp, err := os.CreateTemp("", "nexusai-blob-")
	if err != nil {
		return Ref{}, disk("spool a blob", err)
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	ref, err := take(ctx, tmp, r, limit)
	if err != nil {
		return Ref{}, disk("spool a blob", err)
	}
	if have, err := s.Stat(ctx, tenant, ref.Sum); err == nil && have.Size == ref.Size {
		return ref, nil
	}
	if _, err := tmp.Seek(0, io.SeekStart); err != nil {
		return Ref{}, disk("spool a blob", err)
	}
	_, err = s.client.PutObject(ctx, s.bucket, objectKey(tenant, ref.Sum), tmp, ref.Size,
		minio.PutObjectOptions{ContentType: "application/octet-stream"})
	if err != nil {
		return Ref{}, remote("upload a blob", err)
	}
	return ref, nil
}

// Open implements Store.
func (s *S3) Open(ctx context.Context, tenant, sum string) (io.ReadCloser, error) {
	if err := checkNames(tenant, sum); err != nil {
		return nil, err
	}
	obj, err := s.client.GetObject(ctx, s.bucket, objectKey(tenant, sum), minio.GetObjectOptions{})
	if err != nil {
		return nil, s.notFoundOr("open a blob", sum, err)
	}
	if _, err := obj.Stat(); err != nil { // GetObject alone sends nothing yet
		return nil, errors.Join(s.notFoundOr("open a blob", sum, err), obj.Close())
	}
	return verify(obj, sum), nil
}

// Stat implements Store.
func (s *S3) Stat(ctx context.Context, tenant, sum string) (Ref, error) {
	if err := checkNames(tenant, sum); err != nil {
		return Ref{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, s3Answer)
	defer cancel()
	info, err := s.client.StatObject(ctx, s.bucket, objectKey(tenant, sum), minio.StatObjectOptions{})
	if err != nil {
		return Ref{}, s.notFoundOr("look at a blob", sum, err)
	}
	return Ref{Sum: sum, Size: info.Size}, nil
}

// Delete implements Store.
func (s *S3) Delete(ctx context.Context, tenant, sum string) error {
	if err := checkNames(tenant, sum); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s3Answer)
	defer cancel()
	err := s.client.RemoveObject(ctx, s.bucket, objectKey(tenant, sum), minio.RemoveObjectOptions{})
	if err != nil && minio.ToErrorResponse(err).Code != minio.NoSuchKey {
		return remote("delete a blob", err)
	}
	return nil
}

func (s *S3) notFoundOr(what, sum string, err error) error {
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		return missing(sum)
	}
	return remote(what, err)
}

// remote says in a Fault what the storage or the way to it refused.
func remote(what string, err error) error {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return disk(what, err)
	}
	return fault.New(fault.Unavailable, "The file storage cannot be used right now.", fmt.Errorf("%s: %w", what, err)).
		WithHint("Check NEXUS_S3_ENDPOINT, its bucket and its keys.")
}
