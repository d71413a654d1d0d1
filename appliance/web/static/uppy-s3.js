/*
 * What a stock Uppy needs to upload to an appliance: options for its AwsS3 plugin. The bytes go straight to the store.
 * call(path, {method, body}) speaks to the appliance's API and gives its JSON.
 */
const MIB = 1024 * 1024;
const MULTIPART_FROM = 64 * MIB;
const LEAST_PART = 16 * MIB;
const PLANNED_PARTS = 9000;

/* The size of the parts that the appliance signs (README, "Upload"): equal ones, whole MiB. */
export function partSize(size) {
  return Math.max(LEAST_PART, Math.ceil(Math.ceil(size / PLANNED_PARTS) / MIB) * MIB);
}

/* The file's meta may name `path` (a folder), `visibility` and `fileId` (given: an upload that was asked for before). */
export function applianceOptions(call) {
  const ask = (file) =>
    call("/upload", {
      method: "POST",
      body: {
        name: file.name,
        size: file.size,
        ...(file.type ? { contentType: file.type } : {}),
        ...(file.meta.path ? { path: file.meta.path } : {}),
        ...(file.meta.visibility ? { visibility: file.meta.visibility } : {}),
      },
    });
  return {
    shouldUseMultipart: (file) => file.size >= MULTIPART_FROM,
    getChunkSize: (data) => partSize(data.size),
    async getUploadParameters(file) {
      const { upload, fileId } = await ask(file);
      file.meta.fileId = fileId;
      return { method: upload.method, url: upload.url, headers: upload.headers, fields: {} };
    },
    async createMultipartUpload(file) {
      const { fileId, objectKey } = await ask(file);
      return { uploadId: fileId, key: objectKey };
    },
    async signPart(_file, { uploadId, partNumber }) {
      const { parts } = await call(`/upload/${uploadId}/parts`, { method: "POST", body: { numbers: [partNumber] } });
      return { method: "PUT", url: parts[0].url, headers: parts[0].headers };
    },
    async listParts(_file, { uploadId }) {
      const { parts } = await call(`/upload/${uploadId}`);
      return parts.map(({ number, size, etag }) => ({ PartNumber: number, Size: size, ETag: etag }));
    },
    async completeMultipartUpload(_file, { uploadId, parts }) {
      const body = { parts: parts.map(({ PartNumber, ETag }) => ({ number: PartNumber, etag: ETag })) };
      const { videoUrl } = await call(`/upload/${uploadId}/complete`, { method: "POST", body });
      return { location: videoUrl };
    },
    async abortMultipartUpload(_file, { uploadId }) {
      await call(`/upload/${uploadId}`, { method: "DELETE" });
    },
  };
}
