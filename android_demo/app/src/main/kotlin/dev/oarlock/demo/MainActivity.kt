package dev.oarlock.demo

import android.Manifest
import android.app.Activity
import android.content.ActivityNotFoundException
import android.content.Intent
import android.content.pm.PackageManager
import android.hardware.camera2.CameraManager
import android.hardware.display.DisplayManager
import android.media.Image
import android.net.Uri
import android.os.Bundle
import android.provider.Settings
import android.view.SurfaceHolder
import android.view.SurfaceView
import android.view.View
import android.view.WindowManager
import android.widget.Button
import android.widget.ImageView
import android.widget.TextView
import dev.oarlock.BundleFacts
import dev.oarlock.NativeClassifier
import dev.oarlock.OarlockException
import dev.oarlock.demo.camera.CameraChoice
import dev.oarlock.demo.camera.CameraController
import dev.oarlock.demo.camera.CameraEvent
import dev.oarlock.demo.camera.CameraGeometry
import dev.oarlock.demo.camera.CameraView
import dev.oarlock.demo.camera.FrameGate
import dev.oarlock.demo.camera.yuvRange
import dev.oarlock.demo.model.LiveModel
import dev.oarlock.demo.model.Loading
import dev.oarlock.demo.model.PictureReader
import dev.oarlock.demo.model.StoredPicture
import dev.oarlock.demo.ui.CameraPanel
import dev.oarlock.demo.ui.ChoiceDialog
import dev.oarlock.demo.ui.PreviewFrame
import dev.oarlock.demo.ui.ScorePanel
import java.io.File
import java.io.IOException

/** What the camera sees, or a picture of the gallery, and what the model says of it. */
class MainActivity : Activity() {
    private val application get() = getApplication() as DemoApplication
    private val gate = FrameGate()
    private lateinit var camera: CameraController
    private lateinit var panel: CameraPanel
    private lateinit var scores: ScorePanel
    private lateinit var live: LiveModel
    private lateinit var surface: SurfaceView

    /** Read by the camera's thread. */
    @Volatile
    private var classifier: NativeClassifier? = null

    @Volatile
    private var rotation = 0

    /** Picked while no model was there: the system had ended the app while the gallery was open. */
    private var pending: Uri? = null

    /** A picture of the gallery is shown in place of the camera's. */
    @Volatile
    private var showsPicture = false

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        setContentView(R.layout.activity_main)
        panel = CameraPanel(
            this,
            onAllow = { requestPermissions(arrayOf(Manifest.permission.CAMERA), REQUEST_CAMERA) },
            onSettings = ::openSettings,
            onRetry = { camera.send(CameraEvent.Retry) }
        )
        scores = ScorePanel(this)
        live = LiveModel(show = scores::show)
        surface = findViewById(R.id.preview)
        val manager = getSystemService(CameraManager::class.java)
        camera = CameraController(
            manager,
            CameraChoice.find(manager),
            {
                surface.holder.surface
            },
            application.worker,
            ::onImage,
            ::showCamera
        )
        camera.choice?.let { surface.holder.setFixedSize(it.preview.width, it.preview.height) }
        surface.holder.addCallback(surfaceCallback)
        findViewById<Button>(R.id.pick_picture).setOnClickListener { pickPicture() }
        findViewById<Button>(R.id.choose_model).setOnClickListener { chooseModel() }
        findViewById<Button>(R.id.open_selftest).setOnClickListener { open(SelftestActivity::class.java) }
        findViewById<Button>(R.id.open_benchmark).setOnClickListener { open(BenchmarkActivity::class.java) }
        findViewById<Button>(R.id.back_to_camera).setOnClickListener { showPicture(null) }
    }

    override fun onStart() {
        super.onStart()
        application.models.listener = ::onModel
        onModel(application.models.state)
        if (application.models.state !is Loading.Ready) {
            val choice = application.choices.load(application.bundles.list())
            if (choice == null) showStatus(getString(R.string.no_bundle)) else application.models.choose(choice)
        }
        getSystemService(DisplayManager::class.java).registerDisplayListener(displayListener, null)
        updateRotation()
        camera.start(isPermitted())
    }

    override fun onStop() {
        camera.stop()
        getSystemService(DisplayManager::class.java).unregisterDisplayListener(displayListener)
        application.models.listener = null
        super.onStop()
    }

    /** Half a turn of the phone, and a move to another display, come without a new activity. */
    private val displayListener = object : DisplayManager.DisplayListener {
        override fun onDisplayAdded(displayId: Int) = Unit

        override fun onDisplayRemoved(displayId: Int) = Unit

        override fun onDisplayChanged(displayId: Int) = updateRotation()
    }

    private fun updateRotation() {
        val choice = camera.choice ?: return
        val degrees = (displayCompat()?.rotation ?: 0) * DEGREES_PER_QUARTER
        rotation = CameraGeometry.rotation(choice.sensorOrientation, degrees, choice.front)
        findViewById<PreviewFrame>(R.id.preview_frame).show(choice.preview, rotation)
    }

    // ---- The camera

    /** On the camera's thread. */
    private fun onImage(image: Image) {
        val model = classifier
        val mirror = camera.choice?.front == true
        if (model == null || showsPicture) {
            image.close()
            return
        }
        gate.pass(image, application.worker::execute) {
            try {
                val answer = model.classify(it, rotation, mirror, it.yuvRange())
                val nanos = System.nanoTime()
                runOnUiThread { if (classifier === model && !showsPicture) live.onFrame(answer, nanos) }
            } catch (failure: OarlockException) {
                // Closed meanwhile: another model is on its way, and says so itself.
                runOnUiThread { if (classifier === model) live.onError(failure.toString()) }
            } catch (_: IllegalStateException) {
                // The camera was closed, and its images with it.
            }
        }
    }

    private fun showCamera(view: CameraView) {
        if (!showsPicture) panel.show(view)
    }

    private fun isPermitted() = checkSelfPermission(Manifest.permission.CAMERA) == PackageManager.PERMISSION_GRANTED

    override fun onRequestPermissionsResult(requestCode: Int, permissions: Array<String>, grantResults: IntArray) {
        // Empty results: the dialog was interrupted, and nothing was decided.
        if (requestCode != REQUEST_CAMERA || grantResults.isEmpty()) return
        camera.send(
            if (isPermitted()) {
                CameraEvent.PermissionGranted
            } else {
                CameraEvent.PermissionDenied(final = !shouldShowRequestPermissionRationale(Manifest.permission.CAMERA))
            }
        )
    }

    private fun openSettings() =
        startActivity(Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, Uri.fromParts("package", packageName, null)))

    private val surfaceCallback = object : SurfaceHolder.Callback {
        override fun surfaceCreated(holder: SurfaceHolder) = Unit

        override fun surfaceChanged(holder: SurfaceHolder, format: Int, width: Int, height: Int) {
            // The first sizes are those of the view; the camera takes only the one that was asked for.
            val asked = camera.choice?.preview ?: return
            if (width == asked.width && height == asked.height) camera.send(CameraEvent.SurfaceReady)
        }

        override fun surfaceDestroyed(holder: SurfaceHolder) = camera.send(CameraEvent.SurfaceLost)
    }

    // ---- The model

    private fun onModel(state: Loading<NativeClassifier>) {
        classifier = (state as? Loading.Ready)?.model
        live.clear()
        when (state) {
            is Loading.Ready -> {
                val model = state.model
                showStatus(getString(R.string.model_ready, model.facts.name, model.variant, state.choice.threads))
                classifyPending(model)
            }

            is Loading.InWork -> showStatus(getString(R.string.model_loading, state.choice.bundle))

            is Loading.Failed -> showStatus(getString(R.string.model_failed, state.message))

            Loading.Nothing -> Unit
        }
        updateModelButtons()
    }

    private fun updateModelButtons() {
        for (id in listOf(R.id.pick_picture, R.id.open_selftest, R.id.open_benchmark)) {
            findViewById<View>(id).isEnabled = classifier != null
        }
    }

    private fun showStatus(text: String) {
        findViewById<TextView>(R.id.status).text = text
    }

    private fun chooseModel() {
        val bundles = application.bundles.list()
        if (bundles.isEmpty()) {
            showStatus(getString(R.string.no_bundle))
            return
        }
        val now = application.choices.load(bundles)
        ChoiceDialog(this, bundles, now, ::factsOf) {
            application.choices.save(it)
            application.models.choose(it)
        }.show()
    }

    /** null for a bundle that cannot be read; opening it will say why. */
    private fun factsOf(bundle: String): BundleFacts? = try {
        BundleFacts.parse(File(application.bundles.folder(bundle), "bundle.json").readText())
    } catch (_: IOException) {
        null
    } catch (_: org.json.JSONException) {
        null
    }

    // ---- Pictures of the gallery

    private fun pickPicture() {
        val intent = Intent(Intent.ACTION_GET_CONTENT).setType("image/*").addCategory(Intent.CATEGORY_OPENABLE)
        try {
            startActivityForResult(intent, REQUEST_PICTURE)
        } catch (_: ActivityNotFoundException) {
            live.onError(getString(R.string.no_gallery))
        }
    }

    override fun onActivityResult(requestCode: Int, resultCode: Int, data: Intent?) {
        if (requestCode != REQUEST_PICTURE || resultCode != RESULT_OK) return
        pending = data?.data
        (application.models.state as? Loading.Ready)?.let { classifyPending(it.model) }
    }

    private fun classifyPending(model: NativeClassifier) {
        val uri = pending ?: return
        pending = null
        showsPicture = true
        application.worker.execute {
            try {
                val picture = PictureReader.read(contentResolver, uri)
                val answer = model.classify(picture.bitmap, picture.rotation, picture.mirror)
                runOnUiThread {
                    showPicture(picture)
                    live.onPicture(answer)
                }
            } catch (failure: IOException) {
                runOnUiThread { showNoPicture(failure.message ?: failure.toString()) }
            } catch (failure: OarlockException) {
                runOnUiThread { showNoPicture(failure.toString()) }
            }
        }
    }

    private fun showNoPicture(reason: String) {
        showPicture(null)
        live.onError(reason)
    }

    private fun showPicture(picture: StoredPicture?) {
        showsPicture = picture != null
        live.clear()
        findViewById<ImageView>(R.id.picture).apply {
            setImageBitmap(picture?.bitmap)
            // Turned by the view, as the core turns what it reads.
            rotation = (picture?.rotation ?: 0).toFloat()
            scaleX = if (picture?.mirror == true) -1f else 1f
            visibility = if (picture == null) View.GONE else View.VISIBLE
        }
        findViewById<View>(R.id.back_to_camera).visibility = if (picture == null) View.GONE else View.VISIBLE
        if (picture == null) camera.send(CameraEvent.Retry) else panel.hide()
    }

    private fun open(screen: Class<out Activity>) = startActivity(Intent(this, screen))

    private companion object {
        const val REQUEST_CAMERA = 1
        const val REQUEST_PICTURE = 2
        const val DEGREES_PER_QUARTER = 90
    }
}
