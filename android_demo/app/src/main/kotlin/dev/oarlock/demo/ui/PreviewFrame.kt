package dev.oarlock.demo.ui

import android.content.Context
import android.util.AttributeSet
import android.widget.FrameLayout
import dev.oarlock.demo.camera.CameraGeometry
import dev.oarlock.demo.camera.Pixels

/**
 * Gives its children the largest room with the proportions of the camera's picture, centred, so that nothing is
 * squashed. The system turns a SurfaceView's content by itself; only its proportions have to be right.
 */
class PreviewFrame @JvmOverloads constructor(context: Context, attributes: AttributeSet? = null) :
    FrameLayout(context, attributes) {
    private var picture: Pixels? = null
    private var turn = 0

    /** The camera's picture, and by how much it is turned on this display. */
    fun show(picture: Pixels, rotation: Int) {
        this.picture = picture
        turn = rotation
        requestLayout()
    }

    override fun onMeasure(widthMeasureSpec: Int, heightMeasureSpec: Int) {
        val room = Pixels(MeasureSpec.getSize(widthMeasureSpec), MeasureSpec.getSize(heightMeasureSpec))
        val known = picture
        val size = if (known == null || room.shortSide == 0) room else CameraGeometry.fit(known, turn, room)
        super.onMeasure(
            MeasureSpec.makeMeasureSpec(size.width, MeasureSpec.EXACTLY),
            MeasureSpec.makeMeasureSpec(size.height, MeasureSpec.EXACTLY)
        )
    }
}
