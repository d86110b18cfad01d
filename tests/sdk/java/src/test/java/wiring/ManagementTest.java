package wiring;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;
import static wiring.Fixture.AUTH;
import static wiring.Fixture.BUCKET;
import static wiring.Fixture.GATEWAY;
import static wiring.Fixture.assertRefused;
import static wiring.Fixture.assertStored;
import static wiring.Fixture.buckets;
import static wiring.Fixture.content;
import static wiring.Fixture.download;
import static wiring.Fixture.newKey;
import static wiring.Fixture.token;
import static wiring.Fixture.uploads;

import com.qiniu.processing.OperationManager;
import com.qiniu.processing.OperationStatus;
import com.qiniu.storage.BucketManager;
import com.qiniu.storage.model.BatchStatus;
import com.qiniu.storage.model.FileInfo;
import com.qiniu.storage.model.FileListing;
import com.qiniu.util.Auth;
import com.qiniu.util.Base64;
import com.qiniu.util.Etag;
import com.qiniu.util.UrlSafeBase64;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.Test;

public class ManagementTest {
    private static final byte[] PIXEL = Base64.decode(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==",
            Base64.DEFAULT);

    private static String put(byte[] made) throws Exception {
        String key = newKey();
        uploads().put(made, key, token());
        return key;
    }

    @Test
    public void statSaysWhatWasUploaded() throws Exception {
        FileInfo info = buckets().stat(BUCKET, put(PIXEL));
        assertEquals(PIXEL.length, info.fsize);
        assertEquals(Etag.data(PIXEL), info.hash);
        assertEquals("image/png", info.mimeType);
        long age = System.currentTimeMillis() - info.putTime / 10_000;
        assertTrue("putTime is " + age + " ms ago", age >= -1000 && age < 60_000);
        assertRefused(612, () -> buckets().stat(BUCKET, newKey()));
    }

    @Test
    public void objectsAreCopiedMovedAndDeleted() throws Exception {
        byte[] made = content(10);
        String key = put(made);
        String other = put(content(10));
        buckets().copy(BUCKET, key, BUCKET, key + "-copy");
        assertStored(key + "-copy", made);
        assertRefused(614, () -> buckets().copy(BUCKET, key, BUCKET, other, false));
        buckets().copy(BUCKET, key, BUCKET, other, true);
        assertStored(other, made);
        buckets().rename(BUCKET, key, key + "-moved");
        assertRefused(612, () -> buckets().stat(BUCKET, key));
        assertStored(key + "-moved", made);
        buckets().delete(BUCKET, key + "-moved");
        assertRefused(612, () -> buckets().delete(BUCKET, key + "-moved"));
    }

    @Test
    public void typeIsChanged() throws Exception {
        String key = put(content(10));
        buckets().changeMime(BUCKET, key, "text/x-java");
        assertEquals("text/x-java", buckets().stat(BUCKET, key).mimeType);
    }

    @Test
    public void objectsAreListedInPages() throws Exception {
        String prefix = newKey() + "/";
        for (String name : List.of("a", "b", "c", "d/e")) {
            uploads().put(content(3), prefix + name, token());
        }
        List<String> names = new ArrayList<>();
        BucketManager.FileListIterator pages = buckets().createFileListIterator(BUCKET, prefix, 3, "");
        while (pages.hasNext()) {
            for (FileInfo item : pages.next()) {
                names.add(item.key.substring(prefix.length()));
            }
        }
        assertEquals(List.of("a", "b", "c", "d/e"), names);
        FileListing listing = buckets().listFiles(BUCKET, prefix, "", 10, "/");
        assertArrayEquals(new String[] {prefix + "d/"}, listing.commonPrefixes);
        assertTrue(listing.isEOF());
    }

    @Test
    public void batchAnswersEveryOperation() throws Exception {
        String key = put(content(5));
        BucketManager.BatchOperations operations = new BucketManager.BatchOperations()
                .addStatOps(BUCKET, key)
                .addCopyOp(BUCKET, key, BUCKET, key + "-copy")
                .addDeleteOp(BUCKET, newKey())
                .addDeleteOp(BUCKET, key);
        BatchStatus[] answers = buckets().batch(operations).jsonToObject(BatchStatus[].class);
        assertEquals(List.of(200, 200, 612, 200), Arrays.stream(answers).map(answer -> answer.code).toList());
        assertEquals(5, answers[0].data.fsize);
    }

    @Test
    public void bucketsAreListed() throws Exception {
        String[] names = buckets().buckets();
        assertTrue(Arrays.toString(names), Arrays.asList(names).contains(BUCKET));
    }

    @Test
    public void bucketIsDescribed() throws Exception {
        assertEquals(0, buckets().getBucketInfo(BUCKET).getPrivate());
        assertTrue(buckets().domainList(BUCKET).length > 0);
    }

    @Test
    public void persistentOperationIsRun() throws Exception {
        String key = put(PIXEL);
        String saved = key + "-thumb";
        OperationManager operations = new OperationManager(AUTH, GATEWAY.configuration());
        String id = operations.pfop(BUCKET, key, "imageView2/2/w/1/format/jpg|saveas/"
                + UrlSafeBase64.encodeToString(BUCKET + ":" + saved), "", "", true);
        OperationStatus state = operations.prefop(BUCKET, id);
        for (int wait = 0; wait < 300 && (state.code == 1 || state.code == 2); wait++) {
            Thread.sleep(200);
            state = operations.prefop(BUCKET, id);
        }
        assertEquals(0, state.code);
        assertEquals(saved, state.items[0].key);
        assertEquals("image/jpeg", download(saved).headers().firstValue("content-type").orElse(""));
    }

    @Test
    public void managementWantsASignature() throws Exception {
        String key = put(content(5));
        Auth nobody = Auth.create("nobody", "nothing");
        BucketManager stranger = new BucketManager(nobody, GATEWAY.configuration());
        assertRefused(401, () -> stranger.stat(BUCKET, key));
        assertRefused(401, () -> stranger.delete(BUCKET, key));
    }
}
